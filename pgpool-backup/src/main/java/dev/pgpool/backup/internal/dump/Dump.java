package dev.pgpool.backup.internal.dump;

import dev.pgpool.backup.config.DumpFormat;
import dev.pgpool.backup.config.PgServer;
import java.io.IOException;
import java.util.List;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A running pg_dump. */
public final class Dump implements AutoCloseable {

    private static final Pattern TABLE = Pattern.compile("pg_dump: dumping contents of table \"(.*)\"");

    private final ChildProcess child;
    private final GatedDumpStream stream;

    private Dump(ChildProcess child, DumpFormat format, Runnable onFirstByte) {
        this.child = child;
        this.stream = new GatedDumpStream(child, format, onFirstByte);
    }

    /**
     * Starts it.
     *
     * @param tools how to call it
     * @param command what to dump
     * @param applicationName its name in {@code pg_stat_activity}
     * @param tables gets the name of each table whose data is begun
     * @param onFirstByte called when output begins: pg_dump writes nothing before it has locked every table that it dumps
     */
    public static Dump start(
            ClientTools tools,
            DumpCommand command,
            String applicationName,
            Consumer<String> tables,
            Runnable onFirstByte) {
        List<String> full = ClientTools.command(tools.dump(), tools.dumpArguments(command, applicationName));
        PgServer server = command.server();
        ChildProcess child = ChildProcess.start(
                full,
                tools.environmentFor(server, applicationName),
                tools.redactor(server),
                line -> {
                    Matcher matcher = TABLE.matcher(line);
                    if (matcher.matches()) {
                        tables.accept(matcher.group(1));
                    }
                },
                tools.grace());
        try {
            child.stdin().close();
        } catch (IOException e) {
            // It has ended already; the gate will say how.
            return new Dump(child, command.format(), onFirstByte);
        }
        return new Dump(child, command.format(), onFirstByte);
    }

    /** Its output, which ends well only if the program did. */
    public GatedDumpStream stream() {
        return stream;
    }

    /** Ends it, if it runs: asked first, then forced. May be called by any thread, to cut a reader off. */
    public void end() {
        child.end();
    }

    /** Its warnings. */
    public List<String> warnings() {
        return child.warnings();
    }

    @Override
    public void close() {
        child.close();
    }
}
