package dev.pgpool.benchmarks.compare;

import dev.pgpool.benchmarks.BareRelay;
import dev.pgpool.benchmarks.PoolerProcess;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Starts contenders by name, each in front of the same PostgreSQL. */
final class Lineup {
    private final CompareOptions options;
    private final int serverPort;
    private final @Nullable PgBouncer pgBouncer;

    Lineup(CompareOptions options, int serverPort, @Nullable PgBouncer pgBouncer) {
        this.options = options;
        this.serverPort = serverPort;
        this.pgBouncer = pgBouncer;
    }

    /** Starts the named contender and waits until it lets clients in. */
    Contender start(String name) throws IOException, InterruptedException {
        int port = freePort();
        Contender contender = switch (name) {
            case "direct" -> Contender.direct(serverPort);
            case "pgbouncer" -> startPgBouncer(port);
            case "pgpool" -> startPgPool(name, port, ownClassPath());
            case "before" -> startPgPool(name, port, options.beforeClassPath());
            case "relay" -> startJava(name, BareRelay.class, ownClassPath(), port);
            default -> throw new IllegalArgumentException(name);
        };
        try {
            contender.awaitReady();
            return contender;
        } catch (InterruptedException | RuntimeException e) {
            contender.close();
            throw e;
        }
    }

    private Contender startPgBouncer(int port) throws IOException {
        if (pgBouncer == null) {
            throw new IllegalStateException(
                    "pgbouncer not found on PATH (Debian: apt-get install pgbouncer; or leave it out by --only)");
        }
        return pgBouncer.start(port, serverPort, options.poolSize(), options.idleClients() + 1000);
    }

    private static String ownClassPath() {
        return System.getProperty("java.class.path");
    }

    private Contender startPgPool(String name, int port, String classPath) throws IOException {
        return startJava(name, PoolerProcess.class, classPath, port, Integer.toString(options.poolSize()));
    }

    private Contender startJava(String name, Class<?> main, String classPath, int port, String... more)
            throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(options.jvmArgs());
        command.addAll(List.of("-cp", classPath, main.getName()));
        command.addAll(List.of(Integer.toString(port), Integer.toString(serverPort)));
        command.addAll(List.of(more));
        return Contender.start(name, port, true, command);
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
