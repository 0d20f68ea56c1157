package dev.pgpool.core.sidebyside;

import dev.pgpool.core.fixture.Message;
import dev.pgpool.core.fixture.WireClient;
import java.io.EOFException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;

/** Clients that run transactions until they are told to stop, or can't. */
final class Load implements AutoCloseable {
    private static final int ENOUGH = 50;
    private static final int A_WHILE_MILLIS = 100;

    private final Seat seat;
    private final ExecutorService threads;
    private final List<Future<Seen>> clients = new ArrayList<>();
    private final AtomicLong transactions = new AtomicLong();
    private volatile boolean stopped;

    Load(Seat seat, int count) {
        this.seat = seat;
        this.threads = Executors.newFixedThreadPool(count);
        for (int i = 0; i < count; i++) {
            WireClient client = seat.app();
            clients.add(threads.submit(() -> work(client)));
        }
    }

    /** How the work of a client ended. */
    private Seen work(WireClient client) {
        while (!stopped) {
            client.query("BEGIN")
                    .query("SELECT pg_sleep(0.001)")
                    .query("COMMIT")
                    .send();
            for (int answered = 0; answered < 3; ) {
                try {
                    Message message = client.readOrEnd();
                    if (message.isError()) {
                        return Seen.of(message);
                    }
                    answered += message.type() == 'Z' ? 1 : 0;
                } catch (EOFException end) {
                    return new Seen("closed without a word", null);
                }
            }
            transactions.incrementAndGet();
        }
        return new Seen("well", null);
    }

    /** Until as many transactions are over as show that everybody works. */
    void awaitMore() {
        long enough = transactions.get() + ENOUGH;
        seat.await(() -> transactions.get() >= enough || clients.stream().anyMatch(Future::isDone));
    }

    /** Until no transaction ends for a while: what was answered before may be counted late. */
    void awaitStandstill() {
        seat.await(() -> {
            long before = transactions.get();
            Thread.sleep(A_WHILE_MILLIS);
            return transactions.get() == before;
        });
    }

    void awaitEnd() {
        seat.await(() -> clients.stream().allMatch(Future::isDone));
    }

    void stop() {
        stopped = true;
    }

    List<Seen> ends() throws InterruptedException, ExecutionException {
        List<Seen> ends = new ArrayList<>();
        for (Future<Seen> client : clients) {
            ends.add(client.get());
        }
        return ends;
    }

    @Override
    public void close() {
        stopped = true;
        threads.shutdown();
    }
}
