package dev.pgpool.core.internal.fleet;

import dev.pgpool.core.fixture.WireClient;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/** Clients of one pooler, each with one short transaction after the other. */
final class FleetLoad implements AutoCloseable {
    private final List<Thread> threads = new ArrayList<>();
    private final AtomicLong done = new AtomicLong();
    private volatile boolean closed;
    private volatile RuntimeException failure;

    FleetLoad(SocketAddress pooler, String user, int clients, String sql) {
        for (int i = 0; i < clients; i++) {
            Thread thread = new Thread(() -> work(pooler, user, sql), "client " + i);
            threads.add(thread);
            thread.start();
        }
    }

    private void work(SocketAddress pooler, String user, String sql) {
        try (WireClient client = WireClient.login(pooler, user, "app")) {
            while (!closed) {
                client.run(sql);
                done.incrementAndGet();
            }
            client.terminate();
        } catch (RuntimeException e) {
            failure = e;
        }
    }

    long done() {
        RuntimeException e = failure;
        if (e != null) {
            throw e;
        }
        return done.get();
    }

    @Override
    public void close() throws InterruptedException {
        closed = true;
        for (Thread thread : threads) {
            thread.join();
        }
    }
}
