package dev.pgpool.backup.internal.settings;

import dev.pgpool.backup.config.BackupConfig;
import dev.pgpool.backup.config.PgServer;
import dev.pgpool.backup.config.RestoreOptions;
import dev.pgpool.backup.config.SqlCheck;
import dev.pgpool.backup.config.VerifyLevel;
import dev.pgpool.backup.internal.check.Problems;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How backups are verified. Confined to one thread. */
public final class VerificationSettings {

    private final Problems problems;
    private @Nullable PgServer server;
    private VerifyLevel level = VerifyLevel.ARCHIVE;
    private final List<SqlCheck> checks = new ArrayList<>();
    private int jobs = 1;
    private RestoreOptions options = RestoreOptions.defaults();
    private Path spool = Path.of(System.getProperty("java.io.tmpdir", "/tmp"));
    private @Nullable Duration budget;
    private Duration deadline = Duration.ofHours(12);

    VerificationSettings(Problems problems) {
        this.problems = problems;
    }

    public void on(PgServer scratch) {
        server = scratch;
        level = VerifyLevel.CHECKED;
    }

    public void level(VerifyLevel of) {
        level = of;
    }

    public void check(SqlCheck query) {
        checks.add(query);
    }

    public void jobs(int count, Path directory) {
        problems.positive("restoreJobs", count);
        jobs = count;
        spool = directory;
    }

    public void budget(Duration time) {
        problems.positive("verifyBudget", time);
        budget = time;
    }

    public void options(RestoreOptions of) {
        options = of;
    }

    public void deadline(Duration limit) {
        problems.positive("verifyDeadline", limit);
        deadline = limit;
    }

    void check(Problems found) {
        found.require(
                server != null || !level.includes(VerifyLevel.RESTORED),
                "verifyLevel",
                level,
                "verifyOn(server) with it");
    }

    BackupConfig.Verification checked() {
        return new BackupConfig.Verification(server, level, checks, jobs, options, spool, deadline, budget);
    }
}
