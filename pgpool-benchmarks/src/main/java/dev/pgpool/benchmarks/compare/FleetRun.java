package dev.pgpool.benchmarks.compare;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * The clients of several instances, over one way, with a load that wanders: one instance in five is busy, for a while, and then
 * others are. The rest asks something now and then.
 */
final class FleetRun {
    private static final int ONE_IN = 5;
    private static final int PAUSE_MILLIS = 200;

    /**
     * What was seen.
     *
     * @param tps transactions for each second
     * @param busyP99Millis of the busy instances: 99 % of the requests have waited no longer, their own time taken off
     * @param idleP99Millis the same, of all others
     * @param used servers that worked, on the average
     * @param most servers that there were at once
     * @param made servers that were begun, for each second
     */
    record Seen(double tps, double busyP99Millis, double idleP99Millis, double used, int most, double made) {}

    private final FleetWay way;
    private final int clients;
    private final int queryMillis;
    private final AtomicReference<@Nullable Exception> problem = new AtomicReference<>();
    private volatile int shift;
    private volatile boolean measuring;
    private volatile boolean over;

    /**
     * A run.
     *
     * @param clients of each instance
     * @param queryMillis how long a server works for each request
     */
    FleetRun(FleetWay way, int clients, int queryMillis) {
        this.way = way;
        this.clients = clients;
        this.queryMillis = queryMillis;
    }

    /**
     * @param shiftMillis how long the same instances are busy
     * @param shifts how often others are, in what is measured
     */
    Seen run(int serverPort, int shiftMillis, int shifts) throws Exception {
        List<Client> all = new ArrayList<>();
        for (int instance = 0; instance < way.urls().size(); instance++) {
            for (int i = 0; i < clients; i++) {
                Client client = new Client(instance, i);
                all.add(client);
                client.thread.start();
            }
        }
        int used = 0;
        int most = 0;
        int looks = 0;
        long made;
        long nanos;
        try (Connection observer = DriverManager.getConnection(
                        "jdbc:postgresql://127.0.0.1:" + serverPort + "/" + BenchPostgres.DATABASE,
                        BenchPostgres.USER,
                        "");
                Statement statement = observer.createStatement()) {
            TimeUnit.MILLISECONDS.sleep(shiftMillis);
            measuring = true;
            long begun = System.nanoTime();
            long before = sessions(statement);
            long end = begun + TimeUnit.MILLISECONDS.toNanos((long) shiftMillis * shifts);
            while (System.nanoTime() < end && problem.get() == null) {
                shift = 1 + (int) (TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun) / shiftMillis);
                TimeUnit.MILLISECONDS.sleep(50);
                try (ResultSet row = statement.executeQuery(
                        "SELECT count(*) FILTER (WHERE state = 'active'), count(*) FROM pg_stat_activity"
                                + " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
                                + " AND application_name NOT LIKE 'pgpool fleet %'")) {
                    row.next();
                    used += row.getInt(1);
                    most = Math.max(most, row.getInt(2));
                    looks++;
                }
            }
            measuring = false;
            nanos = System.nanoTime() - begun;
            made = sessions(statement) - before;
        } finally {
            over = true;
            for (Client client : all) {
                client.thread.join();
            }
        }
        Exception seen = problem.get();
        if (seen != null) {
            throw seen;
        }
        long[] busy = times(all.stream().map(client -> client.busy).toList());
        long[] idle = times(all.stream().map(client -> client.idle).toList());
        return new Seen(
                (busy.length + idle.length) * 1e9 / nanos,
                waitMillis(busy),
                waitMillis(idle),
                (double) used / Math.max(1, looks),
                most,
                made * 1e9 / nanos);
    }

    /** Sessions of clients that PostgreSQL has begun until now. */
    private static long sessions(Statement statement) throws SQLException {
        try (ResultSet row = statement.executeQuery("SELECT sum(sessions) FROM pg_stat_database")) {
            row.next();
            return row.getLong(1);
        }
    }

    private static long[] times(List<LongStream.Builder> all) {
        return all.stream().flatMapToLong(LongStream.Builder::build).sorted().toArray();
    }

    private double waitMillis(long[] sorted) {
        return sorted.length == 0 ? 0 : Math.max(0, sorted[(int) (0.99 * (sorted.length - 1))] / 1e6 - queryMillis);
    }

    private boolean isBusy(int instance) {
        return instance % ONE_IN == shift % ONE_IN;
    }

    private final class Client implements Runnable {
        final Thread thread = new Thread(this);
        final LongStream.Builder busy = LongStream.builder();
        final LongStream.Builder idle = LongStream.builder();
        private final int instance;
        private final int number;

        Client(int instance, int number) {
            this.instance = instance;
            this.number = number;
        }

        @Override
        public void run() {
            try (Connection connection = DriverManager.getConnection(way.urls().get(instance), BenchPostgres.USER, "");
                    Statement statement = connection.createStatement()) {
                while (!over) {
                    boolean now = isBusy(instance);
                    if (now || number == 0) {
                        long begin = System.nanoTime();
                        statement.execute("SELECT pg_sleep(" + queryMillis / 1e3 + ")");
                        if (measuring) {
                            (now ? busy : idle).add(System.nanoTime() - begin);
                        }
                    }
                    if (!now) {
                        // the first client of an idle instance asks now and then, the others look whether they may
                        Thread.sleep(number == 0 ? ThreadLocalRandom.current().nextInt(2 * PAUSE_MILLIS) : 5);
                    }
                }
            } catch (SQLException | InterruptedException e) {
                problem.compareAndSet(null, e);
            }
        }
    }
}
