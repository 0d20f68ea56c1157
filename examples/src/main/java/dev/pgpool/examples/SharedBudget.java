package dev.pgpool.examples;

import dev.pgpool.core.PgPool;
import dev.pgpool.core.auth.CredentialStore;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.PrintStream;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/**
 * Three instances of a service with twelve servers between them: a fleet. The load goes from the first to all and on to the last,
 * and a table shows twice a second how many servers each has. The instances are poolers of one process here; those of several
 * processes, or machines, do the same.
 */
public final class SharedBudget implements AutoCloseable {
    static final int BUDGET = 12;
    private static final int INSTANCES = 3;
    private static final int CLIENTS = 12;
    private static final Duration LONGEST = Duration.ofMinutes(1);

    private final PrintStream out;
    private final List<PgPool> pools = new ArrayList<>();
    private final List<Thread> clients = new ArrayList<>();
    private final LongAdder transactions = new LongAdder();
    private final boolean[] busy = new boolean[INSTANCES];
    private volatile boolean closed;

    public static void main(String[] args) throws IOException, InterruptedException {
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start();
                SharedBudget budget = new SharedBudget("localhost", postgres.getPort(), System.out)) {
            budget.show(Duration.ofSeconds(4));
        }
    }

    SharedBudget(String host, int port, PrintStream out) {
        this.out = out;
        for (int i = 0; i < INSTANCES; i++) {
            pools.add(instance(host, port));
            for (int k = 0; k < CLIENTS; k++) {
                int number = i;
                Thread client = new Thread(() -> work(number));
                clients.add(client);
                client.start();
            }
        }
    }

    /** All three say the same. */
    private static PgPool instance(String host, int port) {
        return PgPool.builder()
                .listen("127.0.0.1", 0)
                .credentials(CredentialStore.of(Map.of("postgres", "secret")))
                .database(
                        "postgres",
                        db -> db.host(host)
                                .port(port)
                                .user("postgres")
                                .maxConnections(BUDGET)
                                .fleet(fleet -> fleet.name("orders").maxServerConnections(BUDGET)))
                .build()
                .start();
    }

    private synchronized boolean isBusy(int instance) {
        return busy[instance];
    }

    private synchronized void busy(boolean first, boolean second, boolean third) {
        busy[0] = first;
        busy[1] = second;
        busy[2] = third;
    }

    private void work(int instance) {
        try (Connection connection =
                        DriverManager.getConnection(pools.get(instance).jdbcUrl("postgres"), "postgres", "secret");
                Statement statement = connection.createStatement()) {
            while (!closed) {
                if (isBusy(instance)) {
                    statement.execute("SELECT pg_sleep(0.01)");
                    transactions.increment();
                } else {
                    Thread.sleep(10);
                }
            }
        } catch (SQLException e) {
            out.println("a client was refused: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Shows the table; each load stays for at least so long.
     *
     * @return whether each instance had what it should, each time
     */
    boolean show(Duration each) throws InterruptedException {
        out.println("busy        servers of each   of " + BUDGET + "   transactions/s");
        busy(true, false, false);
        boolean first = show("the first", each, BUDGET, 0, 0);
        busy(true, true, true);
        boolean all = show("all", each, BUDGET / 3, BUDGET / 3, BUDGET / 3);
        busy(false, false, true);
        return first & all & show("the last", each, 0, 0, BUDGET);
    }

    /** Twice a second, until each has what it should, or does not get it. */
    private boolean show(String who, Duration each, int... expected) throws InterruptedException {
        long begun = System.nanoTime();
        boolean reached = false;
        while (System.nanoTime() - begun < each.toNanos()
                || (!reached && System.nanoTime() - begun < LONGEST.toNanos())) {
            long before = transactions.sum();
            Thread.sleep(500);
            int[] servers = pools.stream()
                    .mapToInt(pool -> pool.snapshot().pools().stream()
                            .mapToInt(pooled -> pooled.servers())
                            .sum())
                    .toArray();
            reached |= Arrays.equals(servers, expected);
            out.printf(
                    Locale.ROOT,
                    "%-10s  %4d %4d %4d    %5d   %14d%n",
                    who,
                    servers[0],
                    servers[1],
                    servers[2],
                    Arrays.stream(servers).sum(),
                    2 * (transactions.sum() - before));
        }
        return reached;
    }

    @Override
    public void close() throws InterruptedException {
        closed = true;
        for (Thread client : clients) {
            client.join();
        }
        pools.forEach(PgPool::close);
    }
}
