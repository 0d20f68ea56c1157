package dev.pgpool.benchmarks;

import dev.pgpool.core.PgPool;
import dev.pgpool.core.auth.ClientAuthentication;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/** The library in a process of its own, with its defaults: transaction pooling, no passwords. */
public final class PoolerProcess {
    /** What the standalone's launcher chooses; for the relay, which is to be compared with it. */
    public static final List<String> JVM_ARGS = List.of(
            "-XX:+UseSerialGC",
            "-Xms16m",
            "-Xmn8m",
            "-Xmx512m",
            "-Dio.netty.leakDetection.level=disabled",
            "-Dio.netty.buffer.checkBounds=false",
            "-Dio.netty.buffer.checkAccessible=false");

    private PoolerProcess() {}

    /** Arguments: port to listen on, port of the server, server connections. */
    public static void main(String[] args) throws InterruptedException {
        int serverPort = Integer.parseInt(args[1]);
        int servers = Integer.parseInt(args[2]);
        try (PgPool pool = PgPool.builder()
                .listen("127.0.0.1", Integer.parseInt(args[0]))
                .backlog(4_096)
                .maxClientConnections(20_000)
                .clientAuthentication(ClientAuthentication.TRUST)
                .database("*", db -> db.host("127.0.0.1").port(serverPort).maxConnections(servers))
                .build()) {
            pool.start();
            // Until the process is told to end.
            new CountDownLatch(1).await();
        }
    }
}
