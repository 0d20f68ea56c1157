package dev.pgpool.core.internal.fleet;

import dev.pgpool.core.fixture.TestPostgres;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Counts the servers of a fleet in {@code pg_stat_activity}, again and again, and knows nothing of poolers. Where PostgreSQL
 * is gone it waits until it is there again.
 */
final class FleetObserver implements AutoCloseable {
    private final TestPostgres postgres;
    private final String role;
    private final int bound;
    private final Thread thread;
    private final AtomicInteger most = new AtomicInteger();
    private final AtomicInteger now = new AtomicInteger();
    private final AtomicInteger looks = new AtomicInteger();
    private final AtomicInteger outages = new AtomicInteger();
    private final List<String> tooMany = new ArrayList<>();
    private volatile boolean closed;

    /** @param bound of which it is noted when there are more */
    FleetObserver(TestPostgres postgres, String role, long pauseMillis, int bound) {
        this.postgres = postgres;
        this.role = role;
        this.bound = bound;
        thread = new Thread(() -> watch(pauseMillis), "observer");
        thread.start();
    }

    private void watch(long pauseMillis) {
        while (!closed) {
            try (Connection connection = connect();
                    Statement statement = connection.createStatement()) {
                while (!closed) {
                    look(statement);
                    Thread.sleep(pauseMillis);
                }
            } catch (SQLException e) {
                now.set(0);
                outages.incrementAndGet();
                Thread.onSpinWait();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    private Connection connect() throws SQLException {
        return DriverManager.getConnection(
                "jdbc:postgresql://" + postgres.host() + ":" + postgres.port() + "/" + TestPostgres.DATABASE,
                TestPostgres.SUPERUSER,
                "");
    }

    private void look(Statement statement) throws SQLException {
        List<String> servers = new ArrayList<>();
        try (ResultSet rows = statement.executeQuery(
                "select pid, now() - backend_start, state, now() - state_change, query from pg_stat_activity"
                        + " where usename = '" + role + "' and application_name not like 'pgpool fleet %'"
                        + " and backend_type = 'client backend' order by backend_start")) {
            while (rows.next()) {
                servers.add(rows.getString(1) + " since " + rows.getString(2) + " " + rows.getString(3) + " for "
                        + rows.getString(4) + ": " + rows.getString(5));
            }
        }
        now.set(servers.size());
        looks.incrementAndGet();
        if (most.accumulateAndGet(servers.size(), Math::max) > bound && servers.size() > bound) {
            synchronized (tooMany) {
                tooMany.add(String.join("\n", servers));
            }
        }
    }

    /** Servers, as it saw them last. */
    int servers() {
        return now.get();
    }

    int most() {
        return most.get();
    }

    int looks() {
        return looks.get();
    }

    /** How often PostgreSQL was not there. */
    int outages() {
        return outages.get();
    }

    /** Each look at which there were more than the bound. */
    List<String> tooMany() {
        synchronized (tooMany) {
            return List.copyOf(tooMany);
        }
    }

    /** Ends what the role has as control sessions. */
    int terminateControls() {
        return Integer.parseInt(postgres.query("select count(pg_terminate_backend(pid)) from pg_stat_activity"
                        + " where usename = '" + role + "' and application_name like 'pgpool fleet %'")
                .get(0));
    }

    /** The process id of a server; null if there is none. */
    @Nullable
    String anyServer() {
        return postgres
                .query("select pid from pg_stat_activity where usename = '" + role
                        + "' and backend_type = 'client backend' limit 1")
                .stream()
                .findFirst()
                .orElse(null);
    }

    @Override
    public void close() throws Exception {
        closed = true;
        thread.join();
    }
}
