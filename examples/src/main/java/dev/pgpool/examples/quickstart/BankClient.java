package dev.pgpool.examples.quickstart;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import javax.sql.DataSource;

/** One of the many: a JDBC connection of its own that makes transfers until it is told to stop. */
final class BankClient implements Callable<Latencies> {
    private static final long LARGEST_AMOUNT = 100;

    private final DataSource pooler;
    private final SplittableRandom random;
    private final Start start;
    private final AtomicLong transactions;

    /** Lets all clients begin at once, when all are connected, and says when to end. */
    static final class Start {
        private final CountDownLatch connected;
        private final CountDownLatch go = new CountDownLatch(1);
        private volatile long endNanos;

        Start(int clients) {
            connected = new CountDownLatch(clients);
        }

        void awaitConnected() throws InterruptedException {
            connected.await();
        }

        void go(long runNanos) {
            endNanos = System.nanoTime() + runNanos;
            go.countDown();
        }

        /** Called by a client, also by one that could not connect, so that no other client waits for it. */
        private void arrived() {
            connected.countDown();
        }

        private boolean isOver() {
            return System.nanoTime() - endNanos >= 0;
        }
    }

    BankClient(DataSource pooler, SplittableRandom random, Start start, AtomicLong transactions) {
        this.pooler = pooler;
        this.random = random;
        this.start = start;
        this.transactions = transactions;
    }

    @Override
    public Latencies call() throws SQLException, InterruptedException {
        try (Connection connection = connect()) {
            start.go.await();
            Latencies latencies = new Latencies();
            while (!start.isOver()) {
                long begin = System.nanoTime();
                int source = account();
                Bank.transfer(connection, source, otherThan(source), 1 + random.nextLong(LARGEST_AMOUNT));
                latencies.add(System.nanoTime() - begin);
                transactions.incrementAndGet();
            }
            return latencies;
        }
    }

    private Connection connect() throws SQLException {
        try {
            Connection connection = pooler.getConnection();
            connection.setAutoCommit(false);
            return connection;
        } finally {
            start.arrived();
        }
    }

    private int account() {
        return 1 + random.nextInt(Bank.ACCOUNTS);
    }

    private int otherThan(int account) {
        return 1 + (account + random.nextInt(Bank.ACCOUNTS - 1)) % Bank.ACCOUNTS;
    }
}
