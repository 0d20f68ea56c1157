package dev.pgpool.core.clients;

import dev.pgpool.core.fixture.Route;
import dev.pgpool.core.fixture.TestPostgres;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A client program that is run to its end. It finds the database by the variables of libpq, which node-postgres reads
 * too, and the ledger by {@code LEDGER}, {@code CLIENTS}, {@code EACH}.
 */
final class Program {

    private static final long PATIENCE_SECONDS = 180;

    private final Map<String, String> environment = new HashMap<>();
    private final List<String> command;

    private Program(String host, int port, String user, String database, List<String> command) {
        this.command = command;
        environment.putAll(Map.of(
                "PGHOST",
                host,
                "PGPORT",
                String.valueOf(port),
                "PGUSER",
                user,
                "PGDATABASE",
                database,
                "PGSSLMODE",
                "disable",
                "PSQLRC",
                "/dev/null",
                "LC_ALL",
                "C"));
    }

    static Program of(Route.Way way, String... command) {
        return new Program(way.host(), way.port(), TestPostgres.USER, way.database(), List.of(command));
    }

    /** A program that looks at a pooler's console. */
    static Program atConsole(InetSocketAddress pooler, String user, String... command) {
        return new Program("127.0.0.1", pooler.getPort(), user, "pgbouncer", List.of(command));
    }

    /** A script below {@code src/test/clients}. */
    static Program script(Route.Way way, String interpreter, String script) {
        return of(way, interpreter, Path.of("src", "test", "clients", script).toString());
    }

    Program with(Ledger ledger) {
        environment.putAll(Map.of(
                "LEDGER", ledger.table(),
                "CLIENTS", String.valueOf(Ledger.CLIENTS),
                "EACH", String.valueOf(Ledger.EACH)));
        return this;
    }

    /** Runs the program without input, and returns what it printed; another exit status than 0 is a failure. */
    String run() throws IOException, InterruptedException {
        return run("");
    }

    /** The same with this as its input. */
    String run(String input) throws IOException, InterruptedException {
        Path in = Files.createTempFile("client-", ".in");
        Path out = Files.createTempFile("client-", ".out");
        Process process = null;
        try {
            Files.writeString(in, input);
            ProcessBuilder builder = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectInput(in.toFile())
                    .redirectOutput(out.toFile());
            builder.environment().putAll(environment);
            process = builder.start();
            boolean ended = process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS);
            String output = Files.readString(out);
            if (!ended || process.exitValue() != 0) {
                throw new AssertionError(
                        command + (ended ? ": exit status " + process.exitValue() : ": still running") + "\n" + output);
            }
            return output;
        } finally {
            if (process != null) {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly();
            }
            Files.delete(in);
            Files.delete(out);
        }
    }
}
