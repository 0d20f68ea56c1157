package dev.pgpool.core.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pgpool.core.PgPool;
import dev.pgpool.core.fixture.OnEveryPostgres;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.Wire;
import dev.pgpool.core.jdbc.InProcessDataSource;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.postgresql.PGConnection;

/**
 * Threads are interrupted, connections aborted and closed from elsewhere, clients and servers killed and poolers drained, all at
 * random. No thread hangs, no answer is another one's, and no server is lost. {@code -Dpgpool.embedded.chaos.seconds=300} does it for
 * longer, {@code -Dpgpool.embedded.chaos.seed} does the same again as far as threads allow.
 */
@OnEveryPostgres
class InProcessChaosIT {
    private static final int SECONDS = Integer.getInteger("pgpool.embedded.chaos.seconds", 5);
    private static final long SEED = Long.getLong("pgpool.embedded.chaos.seed", System.nanoTime() % 1_000_000);
    private static final int WORKERS = 24;
    private static final int SERVERS = 3;
    private static final Duration DRAIN = Duration.ofMillis(200);
    /** More than waits anywhere between a client and its server when nothing is read. */
    private static final byte[] ROWS = "a row of the copy\n".repeat(10_000).getBytes(StandardCharsets.US_ASCII);

    private final TestPostgres postgres;
    private final String table = TestPostgres.uniqueName("embedded_chaos");
    private final AtomicReference<PgPool> pool = new AtomicReference<>();
    private final AtomicInteger right = new AtomicInteger();
    private final Queue<String> wrong = new ConcurrentLinkedQueue<>();
    private final AtomicInteger broken = new AtomicInteger();
    private volatile boolean over;

    InProcessChaosIT(TestPostgres postgres) {
        this.postgres = postgres;
    }

    private PgPool start() {
        return PgPool.builder()
                .eventLoops(2)
                .database(
                        TestPostgres.DATABASE,
                        db -> TestPooler.at(db, postgres)
                                .maxConnections(SERVERS)
                                .user(TestPostgres.USER)
                                .databaseName(TestPostgres.DATABASE))
                .build()
                .start();
    }

    @Test
    void nothingHangsAndNothingIsLost() throws Exception {
        postgres.execute("CREATE UNLOGGED TABLE " + table + " (t text)", "GRANT ALL ON " + table + " TO PUBLIC");
        pool.set(start());
        List<Worker> workers = new ArrayList<>();
        ThreadFactory threads = VirtualThreads.mixed();
        for (int i = 0; i < WORKERS; i++) {
            Worker worker = new Worker(new Random(SEED * 1_000 + i));
            worker.thread = threads.newThread(worker);
            workers.add(worker);
        }
        workers.forEach(worker -> worker.thread.start());
        Random random = new Random(SEED);
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
        try {
            while (System.nanoTime() - end < 0) {
                Thread.sleep(random.nextInt(12));
                disturb(random, workers.get(random.nextInt(WORKERS)));
            }
        } finally {
            over = true;
        }
        for (Worker worker : workers) {
            worker.thread.join(Wire.PATIENCE.toMillis());
            assertThat(worker.thread.isAlive())
                    .as("seed %d: %s hangs", SEED, worker.thread)
                    .isFalse();
        }
        assertThat(wrong).as("seed %d: wrong answers", SEED).isEmpty();
        assertThat(right.get()).as("seed %d: right answers", SEED).isPositive();
        assertThat(broken.get()).as("seed %d: disturbed", SEED).isPositive();
        try (PgPool last = pool.get()) {
            await().atMost(Wire.PATIENCE).untilAsserted(() -> {
                assertThat(last.snapshot().clients()).isZero();
                assertThat(last.servers())
                        .hasSizeLessThanOrEqualTo(SERVERS)
                        .allMatch(server -> server.client().isEmpty());
            });
            assertThat(all(last)).isEqualTo(SERVERS);
        }
        postgres.execute("DROP TABLE " + table);
        if (SECONDS > 60) {
            System.out.printf(
                    "chaos, seed %d: %d s, %,d answers, %,d disturbed%n", SEED, SECONDS, right.get(), broken.get());
        }
    }

    /** Whether as many servers as there may be can be had at once. */
    private static int all(PgPool pool) throws SQLException {
        List<Connection> held = new ArrayList<>();
        try {
            for (int i = 0; i < SERVERS; i++) {
                Connection connection = app(pool).getConnection();
                held.add(connection);
                connection.setAutoCommit(false);
                try (Statement statement = connection.createStatement()) {
                    statement.execute("SELECT 1");
                }
            }
            return held.size();
        } finally {
            for (Connection connection : held) {
                connection.close();
            }
        }
    }

    /** A test that would hang fails. */
    private static InProcessDataSource app(PgPool pool) {
        return pool.dataSource(TestPostgres.DATABASE)
                .with("socketTimeout", "20")
                .with("prepareThreshold", "1");
    }

    private void disturb(Random random, Worker victim) {
        Connection connection = victim.connection;
        PgPool now = pool.get();
        switch (random.nextInt(40)) {
            case 0, 1, 2, 3, 4, 5, 6, 7 -> victim.thread.interrupt();
            case 8, 9, 10, 11, 12, 13 -> {
                if (connection != null) {
                    quietly(() -> connection.abort(Runnable::run));
                }
            }
            case 14, 15, 16, 17, 18, 19 -> {
                Statement running = victim.running;
                if (running != null) {
                    quietly(running::cancel);
                }
            }
            case 20, 21, 22, 23 -> {
                if (connection != null) {
                    // waits for the statement that runs
                    new Thread(() -> quietly(connection::close)).start();
                }
            }
            case 24, 25 ->
                now.clients().stream()
                        .skip(random.nextInt(WORKERS))
                        .findFirst()
                        .ifPresent(client -> killQuietly(now, client.id()));
            case 26, 27, 28 -> killAServer(random, now);
            case 29 -> {
                if (random.nextInt(8) == 0) {
                    now.drain(DRAIN);
                    pool.set(start());
                }
            }
            case 30 -> {
                if (random.nextInt(8) == 0) {
                    now.reconnect();
                }
            }
            case 31 -> victim.dropped = true;
            default -> Thread.onSpinWait();
        }
    }

    /** It may have ended by itself meanwhile. */
    private void killAServer(Random random, PgPool now) {
        now.servers().stream()
                .skip(random.nextInt(SERVERS))
                .findFirst()
                .ifPresent(server -> postgres.query("SELECT pg_terminate_backend(" + server.processId() + ")"));
    }

    private void killQuietly(PgPool pool, int id) {
        try {
            pool.killClient(id);
        } catch (IllegalStateException gone) {
            broken.incrementAndGet();
        }
    }

    /** Its connection may have ended meanwhile. */
    private void quietly(Disturbance disturbance) {
        try {
            disturbance.happen();
        } catch (SQLException disturbed) {
            broken.incrementAndGet();
        }
    }

    private interface Disturbance {
        void happen() throws SQLException;
    }

    /** Uses connections for as long as it can, then another. */
    private final class Worker implements Runnable {
        private final Random random;
        private volatile @Nullable Connection connection;
        private volatile @Nullable Statement running;
        private volatile boolean dropped;
        private Thread thread = Thread.currentThread();

        Worker(Random random) {
            this.random = random;
        }

        @Override
        public void run() {
            while (!over) {
                try {
                    Connection mine = app(pool.get()).getConnection();
                    connection = mine;
                    dropped = false;
                    try {
                        while (!over && !dropped) {
                            step(mine);
                        }
                    } finally {
                        connection = null;
                        mine.close();
                    }
                } catch (SQLException e) {
                    broken.incrementAndGet();
                }
                // a thread that goes on after an interrupt says so
                var unused = Thread.interrupted();
            }
        }

        private void step(Connection mine) throws SQLException {
            int number = random.nextInt();
            boolean inTransaction = random.nextInt(3) == 0;
            mine.setAutoCommit(!inTransaction);
            try (PreparedStatement statement = mine.prepareStatement("SELECT ?::int, pg_sleep(?)")) {
                running = statement;
                statement.setInt(1, number);
                statement.setDouble(2, random.nextInt(4) == 0 ? 0.02 : 0);
                try (ResultSet rows = statement.executeQuery()) {
                    judge(Integer.toString(number), rows);
                }
            } finally {
                running = null;
            }
            if (random.nextInt(10) == 0) {
                large(mine);
            }
            PGConnection driver = mine.unwrap(PGConnection.class);
            switch (random.nextInt(100)) {
                case 0 -> copyIn(driver);
                case 1, 2, 3 -> copyOut(driver);
                case 4 -> driver.getNotifications(1 + random.nextInt(20));
                // counts from now on, and may be too little
                case 5 -> mine.setNetworkTimeout(Runnable::run, 1 + random.nextInt(100));
                default -> {}
            }
            if (inTransaction) {
                mine.commit();
            }
        }

        private void copyIn(PGConnection mine) throws SQLException {
            try {
                long rows = mine.getCopyAPI().copyIn("COPY " + table + " FROM STDIN", new ByteArrayInputStream(ROWS));
                if (rows != 10_000) {
                    wrong.add("copied in " + rows);
                }
            } catch (IOException e) {
                throw new SQLException(e);
            }
        }

        private void copyOut(PGConnection mine) throws SQLException {
            int number = random.nextInt(1_000);
            String select = "SELECT 'a row of the copy', " + number + " FROM generate_series(1, 10000)";
            try (ByteArrayOutputStream rows = new ByteArrayOutputStream()) {
                mine.getCopyAPI().copyOut("COPY (" + select + ") TO STDOUT", rows);
                if (!rows.toString(StandardCharsets.US_ASCII)
                        .equals(("a row of the copy\t" + number + "\n").repeat(10_000))) {
                    wrong.add("copied out " + rows.size() + " bytes");
                }
            } catch (IOException e) {
                throw new SQLException(e);
            }
        }

        /** One row with this in its first column. */
        private void judge(String expected, ResultSet rows) throws SQLException {
            List<String> seen = new ArrayList<>();
            while (rows.next()) {
                seen.add(rows.getString(1));
            }
            if (seen.equals(List.of(expected))) {
                right.incrementAndGet();
            } else {
                wrong.add("expected " + brief(expected) + ", was "
                        + seen.stream().map(this::brief).toList());
            }
        }

        private String brief(@Nullable String value) {
            return value == null || value.length() < 40
                    ? String.valueOf(value)
                    : value.substring(0, 40) + "... of " + value.length();
        }

        /** More than waits anywhere. */
        private void large(Connection mine) throws SQLException {
            try (Statement statement = mine.createStatement()) {
                running = statement;
                try (ResultSet rows = statement.executeQuery("SELECT repeat('x', 1000000)")) {
                    judge("x".repeat(1_000_000), rows);
                }
            } finally {
                running = null;
            }
        }
    }
}
