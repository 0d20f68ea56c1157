package dev.pgpool.core.sidebyside;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;

/** A process of PgBouncer: that of {@code scripts/install-clients.sh}, or the one that {@code pgpool.test.pgbouncer} names. */
final class RealPgBouncer implements AutoCloseable {
    private static final int MANY_SECONDS = 30;

    private final Process process;
    private final Path said;
    private final InetSocketAddress address;

    /** @param directory of the ini; PgBouncer does not run as root, so that it is made everybody's */
    RealPgBouncer(Path directory, Path ini, int port) throws IOException {
        this.said = directory.resolve("pgbouncer.said");
        this.address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwxrwx"));
        List<String> command = new ArrayList<>(List.of(program(), "-q"));
        if (System.getProperty("user.name").equals("root")) {
            command.addAll(List.of("-u", "nobody"));
        }
        command.add(ini.toString());
        this.process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(said.toFile())
                .start();
        try {
            Awaitility.await()
                    .atMost(Duration.ofSeconds(MANY_SECONDS))
                    .pollDelay(Duration.ZERO)
                    .pollInterval(Duration.ofMillis(10))
                    .until(this::listens);
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    /** Another process may take it before PgBouncer does; what PgBouncer has said tells then. */
    static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    private static String program() {
        String program = System.getProperty("pgpool.test.pgbouncer", "src/test/clients/pgbouncer/bin/pgbouncer");
        if (!Files.isExecutable(Path.of(program))) {
            throw new IllegalStateException("no PgBouncer at " + program + ": run scripts/install-clients.sh");
        }
        return program;
    }

    private boolean listens() throws IOException {
        if (!process.isAlive()) {
            throw new IllegalStateException("PgBouncer does not start: " + said());
        }
        try (Socket socket = new Socket()) {
            socket.connect(address, 1000);
            return true;
        } catch (IOException notYet) {
            return false;
        }
    }

    InetSocketAddress address() {
        return address;
    }

    /** Its log. */
    String said() throws IOException {
        return Files.readString(said);
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(MANY_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
