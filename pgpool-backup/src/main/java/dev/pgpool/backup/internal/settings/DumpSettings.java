package dev.pgpool.backup.internal.settings;

import dev.pgpool.backup.config.BackupConfig;
import dev.pgpool.backup.config.Compression;
import dev.pgpool.backup.config.DumpFilter;
import dev.pgpool.backup.config.DumpFormat;
import dev.pgpool.backup.config.RowCounts;
import dev.pgpool.backup.internal.check.Problems;
import java.time.Duration;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;

/** How databases are dumped. Confined to one thread. */
public final class DumpSettings {

    /** Arguments of pg_dump that the engine gives itself, also in their short and abbreviated forms. */
    private static final Pattern RESERVED_ARGUMENTS = Pattern.compile(
            "^(-[dfFhpUwWjZ]|[^-]|-$|$|--(d(b(n|$)|$)|fil|form|hos|por|us|no-pas|pas|job|compress|snap|lock-w|verb|vers|help))");

    private final Problems problems;
    private DumpFormat format = DumpFormat.CUSTOM;
    private Compression compression = Compression.auto();
    private List<String> arguments = List.of();
    private DumpFilter filter = DumpFilter.everything();
    private Duration lockWait = Duration.ofMinutes(1);
    private RowCounts rowCounts = RowCounts.EXACT;
    private int parallelDatabases = 1;
    private boolean pauseReplay;

    DumpSettings(Problems problems) {
        this.problems = problems;
    }

    public void format(DumpFormat of) {
        format = of;
    }

    public void compression(Compression by) {
        compression = by;
    }

    /** Changes the filter; a pattern that it refuses is a problem. */
    public void filter(String setting, UnaryOperator<DumpFilter> change) {
        problems.attempt(setting, () -> filter = change.apply(filter));
    }

    public void arguments(String... given) {
        arguments = List.of(given);
        for (String argument : given) {
            problems.require(
                    !RESERVED_ARGUMENTS.matcher(argument).find(),
                    "dumpArguments",
                    "\"" + argument + "\"",
                    "none that the engine gives itself");
        }
    }

    public void lockWait(Duration limit) {
        problems.positive("lockWait", limit);
        lockWait = limit;
    }

    public void rowCounts(RowCounts which) {
        rowCounts = which;
    }

    public void parallelDatabases(int count) {
        problems.positive("parallelDatabases", count);
        parallelDatabases = count;
    }

    public void pauseReplay(boolean pause) {
        pauseReplay = pause;
    }

    BackupConfig.Dump checked() {
        return new BackupConfig.Dump(
                format, compression, arguments, lockWait, rowCounts, parallelDatabases, pauseReplay, filter);
    }
}
