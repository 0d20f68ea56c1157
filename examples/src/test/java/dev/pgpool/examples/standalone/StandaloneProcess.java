package dev.pgpool.examples.standalone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pgpool.core.fixture.TestPostgres;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The launcher with the class path of the tests, and programs that use what it runs. */
final class StandaloneProcess implements AutoCloseable {
    private static final int MANY_SECONDS = 60;

    /** What a program has said, and how it ended. */
    record Said(int code, String output) {}

    private final Path directory;
    private final Process process;
    private final Path output;
    final int port;

    /** @param ini lines of pgbouncer.ini; {@code %port%} and {@code %dir%} stand for what is free here */
    StandaloneProcess(Path directory, List<String> ini, String... options) throws IOException {
        this(directory, ini, Map.of(), options);
    }

    /** @param more of the environment */
    StandaloneProcess(Path directory, List<String> ini, Map<String, String> more, String... options)
            throws IOException {
        this.directory = directory;
        this.output = directory.resolve("stderr.txt");
        this.port = freePort();
        write(ini);
        List<String> command = new ArrayList<>(List.of(launcher()));
        command.addAll(List.of(options));
        command.add("pgbouncer.ini");
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        environment(builder.environment(), directory);
        builder.environment().putAll(more);
        this.process = builder.start();
    }

    /** An ini of a log and one database, {@code app}, that any client may enter. */
    static List<String> openIni(TestPostgres postgres, String... more) {
        List<String> lines = new ArrayList<>(List.of(
                "[databases]",
                "app = user=app dbname=postgres host=" + postgres.host() + " port=" + postgres.port(),
                "[pgbouncer]",
                "logfile = %dir%/pgbouncer.log",
                "listen_addr = 127.0.0.1",
                "listen_port = %port%",
                "unix_socket_dir =",
                "auth_type = any",
                "pool_mode = transaction",
                "stats_period = 1"));
        lines.addAll(List.of(more));
        return lines;
    }

    /** Until it lets clients in. */
    void awaitReady() {
        await().atMost(Duration.ofSeconds(MANY_SECONDS)).until(() -> {
            assertThat(isAlive()).as(this::said).isTrue();
            return isReady().code() == 0;
        });
    }

    private static void environment(Map<String, String> environment, Path directory) {
        environment.put("PGPOOL_CLASSPATH", System.getProperty("java.class.path"));
        environment.put("JAVA_HOME", System.getProperty("java.home"));
        environment.put("XDG_CACHE_HOME", directory.resolve("cache").toString());
    }

    static String launcher() {
        return Path.of("standalone/bin/pgpool-standalone").toAbsolutePath().toString();
    }

    /** Another process may take it before we do; the log says so then. */
    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    void write(List<String> ini) throws IOException {
        Files.write(
                directory.resolve("pgbouncer.ini"),
                ini.stream()
                        .map(line ->
                                line.replace("%port%", String.valueOf(port)).replace("%dir%", directory.toString()))
                        .toList());
    }

    long pid() {
        return process.pid();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    void signal(String name) throws Exception {
        run(directory, Map.of(), "kill", "-" + name, String.valueOf(process.pid()));
    }

    int exitCode() throws InterruptedException {
        if (!process.waitFor(MANY_SECONDS, TimeUnit.SECONDS)) {
            throw new IllegalStateException("it does not end: " + said());
        }
        return process.exitValue();
    }

    String said() {
        try {
            return Files.readString(output);
        } catch (IOException e) {
            return e.toString();
        }
    }

    String log() throws IOException {
        return Files.readString(directory.resolve("pgbouncer.log"));
    }

    Said isReady() throws Exception {
        return run(directory, Map.of(), "pg_isready", "-h", "127.0.0.1", "-p", String.valueOf(port));
    }

    /** Rows without headings, columns with bars between. */
    Said psql(String user, String password, String database, String sql) throws Exception {
        return run(
                directory,
                Map.of("PGPASSWORD", password, "PGCONNECT_TIMEOUT", "30"),
                "psql",
                "-X",
                "-At",
                "-v",
                "ON_ERROR_STOP=1",
                "-h",
                "127.0.0.1",
                "-p",
                String.valueOf(port),
                "-U",
                user,
                "-d",
                database,
                "-c",
                sql);
    }

    static Said run(Path directory, Map<String, String> environment, String... command) throws Exception {
        Path output = Files.createTempFile(directory, "said", ".txt");
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        builder.environment().putAll(environment);
        Process started = builder.start();
        if (!started.waitFor(MANY_SECONDS, TimeUnit.SECONDS)) {
            started.destroyForcibly();
            throw new IllegalStateException(String.join(" ", command) + " does not end: " + Files.readString(output));
        }
        return new Said(started.exitValue(), Files.readString(output, StandardCharsets.UTF_8));
    }

    @Override
    public void close() {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
    }
}
