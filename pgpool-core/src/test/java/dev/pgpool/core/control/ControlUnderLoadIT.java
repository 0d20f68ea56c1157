package dev.pgpool.core.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pgpool.core.PgPool;
import dev.pgpool.core.auth.ClientAuthentication;
import dev.pgpool.core.config.PgPoolConfig;
import dev.pgpool.core.event.PgPoolListener;
import dev.pgpool.core.fixture.OnEveryPostgres;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.stats.PgPoolSnapshot;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/**
 * Operators do everything at random while clients work. A client may lose its connection when it is killed; nobody may
 * read what is another's, lose a commit, or wait for ever, and in the end nothing is left over.
 */
@OnEveryPostgres
class ControlUnderLoadIT {
    private static final int CLIENTS = 16;
    private static final Duration TIME = Duration.ofSeconds(8);

    private final TestPostgres postgres;

    ControlUnderLoadIT(TestPostgres postgres) {
        this.postgres = postgres;
    }

    private PgPoolConfig config(String database, Random random) {
        return PgPool.builder()
                .listen("127.0.0.1", 0)
                .clientAuthentication(ClientAuthentication.TRUST)
                .maxClientConnections(500 + random.nextInt(100))
                .database(
                        database,
                        db -> TestPooler.at(db, postgres)
                                .maxConnections(1 + random.nextInt(6))
                                .serverLifetime(Duration.ofMillis(200 + random.nextInt(2_000)))
                                .serverRoundRobin(random.nextBoolean())
                                .maxServerConnections(random.nextBoolean() ? 0 : 5)
                                .connectQuery("SET work_mem TO '" + (1 + random.nextInt(3)) + "MB'")
                                .waitTimeout(Duration.ofSeconds(60)))
                .config();
    }

    @Test
    void nothingIsLostOrLeftOver() throws Exception {
        String database = postgres.createDatabase();
        postgres.executeIn(
                database,
                "CREATE TABLE counters(id int PRIMARY KEY, n bigint NOT NULL)",
                "INSERT INTO counters SELECT i, 0 FROM generate_series(0, " + (CLIENTS - 1) + ") i",
                "GRANT ALL ON counters TO PUBLIC");
        long seed = System.nanoTime();
        Random random = new Random(seed);
        AtomicBoolean stop = new AtomicBoolean();
        ExecutorService threads = Executors.newCachedThreadPool();
        try (PgPool pool = PgPool.builder()
                .listen("127.0.0.1", 0)
                .clientAuthentication(ClientAuthentication.TRUST)
                .listener(PgPoolListener.NONE)
                .database(database, db -> TestPooler.at(db, postgres).maxConnections(4))
                .build()
                .start()) {
            List<Worker> workers = new ArrayList<>();
            List<CompletableFuture<Void>> running = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                Worker worker = new Worker(pool, database, i, stop);
                workers.add(worker);
                running.add(CompletableFuture.runAsync(worker, threads));
            }
            long end = System.nanoTime() + TIME.toNanos();
            int commands = 0;
            while (System.nanoTime() < end) {
                command(pool, database, random);
                commands++;
                Thread.sleep(random.nextInt(40));
            }
            try {
                pool.resume();
            } catch (IllegalStateException notPaused) {
                // fine
            }
            // everybody gets on once more
            for (Worker worker : workers) {
                long before = worker.committed.get();
                CompletableFuture<Void> run = running.get(worker.id);
                await().atMost(Duration.ofSeconds(60))
                        .alias("seed " + seed)
                        .until(() -> worker.committed.get() > before || run.isDone());
                assertThat(run).as("seed %d", seed).isNotDone();
            }
            stop.set(true);
            for (CompletableFuture<Void> worker : running) {
                worker.get(60, TimeUnit.SECONDS);
            }
            assertThat(commands).isGreaterThan(50);
            for (Worker worker : workers) {
                List<String> stored = postgresValue(database, worker.id);
                long n = Long.parseLong(stored.get(0));
                assertThat(n)
                        .as("client %d, seed %d: nothing that was committed is lost", worker.id, seed)
                        .isBetween(worker.committed.get(), worker.committed.get() + worker.uncertain.get());
            }
            await().until(() -> {
                PgPoolSnapshot.Pool known = pool.snapshot().pools().get(0);
                return pool.snapshot().clients() == 0
                        && known.clients() == 0
                        && known.clientsWaiting() == 0
                        && known.serverStates().active() == 0
                        && known.serverStates().connecting() == 0
                        && known.servers() == known.serversIdle()
                        && known.servers() == pool.servers().size();
            });
            // all permits are there
            pool.pause().toCompletableFuture().get(20, TimeUnit.SECONDS);
            assertThat(pool.snapshot().pools().get(0).servers()).isZero();
        } finally {
            stop.set(true);
            threads.shutdownNow();
        }
    }

    private List<String> postgresValue(String database, int id) throws SQLException {
        try (Connection connection = postgres.superuser(database);
                ResultSet row = connection.createStatement().executeQuery("SELECT n FROM counters WHERE id = " + id)) {
            row.next();
            return List.of(row.getString(1));
        }
    }

    private void command(PgPool pool, String database, Random random) {
        try {
            switch (random.nextInt(12)) {
                case 0, 1 -> pool.pause(database);
                case 2, 3, 4 -> pool.resume();
                case 5, 6 -> pool.reconnect(database);
                case 7, 8 -> pool.reload(config(database, random));
                case 9 -> pool.disable(database);
                case 10 -> pool.clients().stream().findAny().ifPresent(client -> pool.killClient(client.id()));
                default -> {
                    if (random.nextInt(4) == 0) {
                        pool.kill(database);
                    }
                    pool.snapshot();
                    pool.servers();
                }
            }
            pool.enable(database);
        } catch (IllegalStateException e) {
            // makes no sense just now
            assertThat(e).hasMessageMatching("pooler is not paused.*|database .* is not paused|client not found");
        }
    }

    /** Counts in a row of its own, with a prepared statement and a setting of its own; comes again when it was thrown out. */
    private static final class Worker implements Runnable {
        private final PgPool pool;
        private final String database;
        private final int id;
        private final AtomicBoolean stop;
        private final AtomicLong committed = new AtomicLong();
        /** Commits whose answer was lost. */
        private final AtomicLong uncertain = new AtomicLong();

        Worker(PgPool pool, String database, int id, AtomicBoolean stop) {
            this.pool = pool;
            this.database = database;
            this.id = id;
            this.stop = stop;
        }

        @Override
        public void run() {
            while (!stop.get()) {
                try {
                    work();
                } catch (SQLException e) {
                    // SQLSTATE of those who are thrown out, or not let in
                    assertThat(e.getSQLState()).as(e.toString()).matches("57P01|55000|08006|08001|08003");
                }
            }
        }

        private void work() throws SQLException {
            String url = "jdbc:postgresql://127.0.0.1:" + pool.address().getPort() + "/" + database
                    + "?prepareThreshold=1&ApplicationName=worker" + id;
            try (Connection connection = DriverManager.getConnection(url, TestPostgres.USER, "");
                    PreparedStatement add =
                            connection.prepareStatement("UPDATE counters SET n = n + 1 WHERE id = ? RETURNING id")) {
                connection.setAutoCommit(false);
                connection.createStatement().execute("SET statement_timeout TO " + (100_001 + id));
                connection.commit();
                while (!stop.get()) {
                    add.setInt(1, id);
                    try (ResultSet row = add.executeQuery()) {
                        row.next();
                        assertThat(row.getInt(1)).isEqualTo(id);
                    }
                    try (ResultSet row = connection.createStatement().executeQuery("SHOW statement_timeout")) {
                        row.next();
                        assertThat(row.getString(1)).isEqualTo((100_001 + id) + "ms");
                    }
                    uncertain.incrementAndGet();
                    connection.commit();
                    uncertain.decrementAndGet();
                    committed.incrementAndGet();
                }
            }
        }
    }
}
