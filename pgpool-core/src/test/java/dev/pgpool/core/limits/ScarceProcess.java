package dev.pgpool.core.limits;

import dev.pgpool.core.PgPool;
import dev.pgpool.core.fixture.ChildJvm;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.WireClient;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;

/**
 * A pooler in a process of its own, whose descriptors can be taken away. Its databases are {@code app}, {@code hasty}, where
 * clients do not wait for long, and {@code asked}, whose users the server is asked for.
 */
final class ScarceProcess implements AutoCloseable {
    /** Those of its input and its outputs, which it has: it gets no other one. */
    private static final int NO_MORE = 3;

    private static final int ENOUGH = 4_000;

    private final Process process;
    private final Path log;
    private final int port;

    /**
     * Starts it.
     *
     * @param directory for its files
     * @param options of the JVM
     */
    ScarceProcess(TestPostgres postgres, Path directory, List<String> options) throws IOException {
        log = directory.resolve("log");
        Path rules = Files.writeString(
                directory.resolve("hba.conf"), "host asked all all scram-sha-256\nhost all all all trust\n");
        List<String> command = new ArrayList<>(List.of(
                ProcessHandle.current().info().command().orElse("java"),
                "-Xmx128m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1"));
        command.addAll(options);
        command.addAll(List.of(
                "-cp",
                classPath(directory),
                ScarceProcess.class.getName(),
                String.valueOf(postgres.port()),
                rules.toString()));
        process = new ProcessBuilder(command).redirectError(log.toFile()).start();
        String line = ChildJvm.nextLine(process);
        if (line == null) {
            throw new IllegalStateException("the process does not start: " + log());
        }
        port = Integer.parseInt(line);
    }

    /** Classes in directories would need descriptors when they are loaded: jars are open. */
    private static String classPath(Path directory) throws IOException {
        List<String> jars = new ArrayList<>();
        for (String entry : System.getProperty("java.class.path").split(System.getProperty("path.separator"))) {
            Path path = Path.of(entry);
            jars.add(Files.isDirectory(path) ? jar(path, directory.resolve(jars.size() + ".jar")) : entry);
        }
        return String.join(System.getProperty("path.separator"), jars);
    }

    private static String jar(Path classes, Path jar) throws IOException {
        try (OutputStream file = Files.newOutputStream(jar);
                JarOutputStream out = new JarOutputStream(file);
                Stream<Path> all = Files.walk(classes)) {
            for (Path each : all.filter(Files::isRegularFile).toList()) {
                out.putNextEntry(new JarEntry(classes.relativize(each).toString()));
                Files.copy(each, out);
            }
        }
        return jar.toString();
    }

    InetSocketAddress address() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }

    /** A client on which nothing was sent. */
    WireClient connect() {
        return WireClient.connect(address());
    }

    WireClient login(String database) {
        return WireClient.login(address(), TestPostgres.USER, database);
    }

    /** An operator. */
    WireClient boss() {
        return WireClient.login(address(), "boss", "pgbouncer");
    }

    /** From now on it gets no descriptor any more, also none that it closes. */
    void takeDescriptors() {
        limit(NO_MORE);
    }

    /** From now on it gets descriptors again. */
    void giveDescriptors() {
        limit(ENOUGH);
    }

    private void limit(int descriptors) {
        try {
            int code = new ProcessBuilder(
                            "prlimit", "--pid", String.valueOf(process.pid()), "--nofile=" + descriptors + ":")
                    .start()
                    .waitFor();
            if (code != 0) {
                throw new IllegalStateException("prlimit: " + code);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** What it has used of its processors. */
    Duration processorTime() {
        return process.info().totalCpuDuration().orElseThrow();
    }

    /** What it has logged, of level WARN or above. */
    String log() {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
        try {
            process.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    // ---- in the process itself

    /** The process itself; ends with its parent. */
    public static void main(String[] args) {
        ChildJvm.run(() -> run(args));
    }

    private static void run(String[] args) throws IOException {
        int server = Integer.parseInt(args[0]);
        PgPool pool = PgPool.builder()
                .listen("127.0.0.1", 0)
                .eventLoops(1)
                .hbaFile(Path.of(args[1]))
                .adminUsers("boss")
                .authQuery(query -> query.user(TestPostgres.SUPERUSER))
                .database(
                        TestPostgres.DATABASE,
                        db -> db.host("127.0.0.1")
                                .port(server)
                                .maxConnections(2)
                                .abandonTimeout(Duration.ofSeconds(1))
                                .connectRetryDelay(Duration.ofMillis(200)))
                .database(
                        "hasty",
                        db -> db.host("127.0.0.1")
                                .port(server)
                                .databaseName(TestPostgres.DATABASE)
                                .maxConnections(1)
                                .waitTimeout(Duration.ofSeconds(1))
                                .connectRetryDelay(Duration.ofMillis(200)))
                .database(
                        "asked",
                        db -> db.host("127.0.0.1")
                                .port(server)
                                .databaseName(TestPostgres.DATABASE)
                                .maxConnections(1)
                                .connectRetryDelay(Duration.ofMillis(200)))
                .build();
        pool.start();
        openAllJars();
        System.out.println(pool.address().getPort());
        while (System.in.read() >= 0) {
            // until the parent ends
        }
    }

    private static void openAllJars() {
        try {
            Class.forName("there.is.No.Such");
        } catch (ClassNotFoundException e) {
            // looked for in each of them
        }
    }
}
