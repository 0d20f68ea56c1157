package dev.pgpool.benchmarks.compare;

import dev.pgpool.benchmarks.BareRelay;
import dev.pgpool.benchmarks.PoolerProcess;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Starts contenders by name, each in front of the same PostgreSQL. */
final class Lineup {
    /** The standalone distribution with the JDK's TLS. */
    static final String JDK_TLS = "pgpool, JDK's TLS";

    /** The standalone distribution with little heap. */
    static final String SMALL = "pgpool, -Xmx64m";

    /** Where the standalone's launcher is. */
    private static final String STANDALONE = "pgpool.standalone";

    private static final int SPARE_CLIENTS = 1_000;

    private final CompareOptions options;
    private final int serverPort;
    private final @Nullable PgBouncer pgBouncer;
    private final Certificates certificates;

    Lineup(CompareOptions options, int serverPort, @Nullable PgBouncer pgBouncer, Certificates certificates) {
        this.options = options;
        this.serverPort = serverPort;
        this.pgBouncer = pgBouncer;
        this.certificates = certificates;
    }

    /** Starts the named contender and waits until it lets clients in. */
    Contender start(String name) throws IOException, InterruptedException {
        return start(name, Setup.PLAIN);
    }

    /** The same for clients and servers of another kind; only for PgBouncer and the standalone. */
    Contender start(String name, Setup setup) throws IOException, InterruptedException {
        int port = freePort();
        PoolerIni ini =
                new PoolerIni(serverPort, options.poolSize(), options.idleClients() + SPARE_CLIENTS, certificates);
        Contender contender = switch (name) {
            case "direct" -> Contender.direct(serverPort);
            case "pgbouncer" -> startPgBouncer(port, ini, setup);
            case "pgpool" -> startStandalone(name, port, ini, setup, "");
            case JDK_TLS -> startStandalone(name, port, ini, setup, "-Dio.netty.handler.ssl.noOpenSsl=true");
            case SMALL -> startStandalone(name, port, ini, setup, "-Xmx64m");
            case "embedded" -> startEmbedded(name, port, List.of(), ownClassPath());
            case "tuned" -> startEmbedded(name, port, options.jvmArgs(), ownClassPath());
            case "before" -> startEmbedded(name, port, List.of(), options.beforeClassPath());
            case "relay" -> startJava(name, BareRelay.class, PoolerProcess.JVM_ARGS, ownClassPath(), port);
            default -> throw new IllegalArgumentException(name);
        };
        try {
            contender.awaitReady(() -> answers(port, setup, contender));
            return contender;
        } catch (InterruptedException | RuntimeException e) {
            contender.close();
            throw e;
        }
    }

    private static boolean answers(int port, Setup setup, Contender contender) {
        return setup.equals(Setup.PLAIN) ? RawClient.canLogIn(contender.port()) : RawClient.canConnect(port);
    }

    private Contender startPgBouncer(int port, PoolerIni ini, Setup setup) throws IOException {
        if (pgBouncer == null) {
            throw new IllegalStateException(
                    "pgbouncer not found on PATH (Debian: apt-get install pgbouncer; or leave it out by --only)");
        }
        return pgBouncer.start(port, ini, setup);
    }

    /** As it is delivered: by its own launcher, which chooses what a user does not. */
    private static Contender startStandalone(String name, int port, PoolerIni ini, Setup setup, String javaOptions)
            throws IOException {
        String launcher = System.getProperty(STANDALONE);
        if (launcher == null) {
            throw new IllegalStateException("-D" + STANDALONE + " does not say where the launcher is");
        }
        String config = ini.write(port, setup, "max_prepared_statements = 200").toString();
        return Contender.start(name, port, true, Map.of("JAVA_OPTS", javaOptions), List.of(launcher, "-q", config));
    }

    private static String ownClassPath() {
        return System.getProperty("java.class.path");
    }

    private Contender startEmbedded(String name, int port, List<String> jvmArgs, String classPath) throws IOException {
        return startJava(name, PoolerProcess.class, jvmArgs, classPath, port, Integer.toString(options.poolSize()));
    }

    private Contender startJava(
            String name, Class<?> main, List<String> jvmArgs, String classPath, int port, String... more)
            throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(jvmArgs);
        command.addAll(List.of("-cp", classPath, main.getName()));
        command.addAll(List.of(Integer.toString(port), Integer.toString(serverPort)));
        command.addAll(List.of(more));
        return Contender.start(name, port, true, Map.of(), command);
    }

    static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
