package dev.pgpool.core.leaks;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.fixture.OnEveryJavaRoute;
import dev.pgpool.core.fixture.Route;
import dev.pgpool.core.fixture.TestPostgres;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/**
 * Nothing leaks: 64 clients with random session state on four servers, each of which sees its own state and no other's, while
 * the tables change that their statements are for.
 *
 * <p>{@code -Dpgpool.leak.transactions} says how many transactions they do together (10,000), {@code -Dpgpool.leak.seed}
 * what they are (random, in the message of a failure). Straight to the server it is shorter: it shows that the clients'
 * idea of PostgreSQL is right.
 */
@OnEveryJavaRoute
class SessionLeakIT {

    private static final int CLIENTS = 64;
    private static final int SERVERS = 4;
    private static final int TRANSACTIONS = Integer.getInteger("pgpool.leak.transactions", 10_000);
    private static final long SEED = Long.getLong("pgpool.leak.seed", System.nanoTime() % 1_000_000);

    private final Route route;

    SessionLeakIT(Route route) {
        this.route = route;
    }

    @Test
    void everyClientSeesItsOwnStateAndNobodyElses() throws Exception {
        String database = database();
        int transactions = route.pooled() ? TRANSACTIONS : Math.min(TRANSACTIONS, 2_000);
        AtomicInteger remaining = new AtomicInteger(transactions);
        ExecutorService threads = Executors.newFixedThreadPool(CLIENTS);
        long start = System.nanoTime();
        try (Route.Way way = route.open(database, SERVERS, 2)) {
            Map<String, String> defaults = defaults(way);
            Stamps stamps = new Stamps(route.postgres(), database);
            List<Future<?>> clients = new ArrayList<>();
            for (int client = 0; client < CLIENTS; client++) {
                int number = client;
                clients.add(threads.submit(() -> {
                    try {
                        new LeakClient(way, defaults, stamps, number, SEED, remaining).run();
                    } catch (AssertionError e) {
                        remaining.set(0);
                        throw e;
                    }
                    return null;
                }));
            }
            for (Future<?> client : clients) {
                client.get(6, TimeUnit.HOURS);
            }
            if (transactions > 10_000) {
                System.out.printf(
                        "%s: %,d transactions of %d clients in %d s, seed %d%n",
                        route, transactions, CLIENTS, (System.nanoTime() - start) / 1_000_000_000, SEED);
            }
        } catch (Exception | AssertionError e) {
            throw new AssertionError("seed " + SEED + ": " + e.getMessage(), e);
        } finally {
            threads.shutdownNow();
        }
        assertThat(threads.awaitTermination(1, TimeUnit.MINUTES)).isTrue();
    }

    private String database() {
        String database = route.postgres().createDatabase();
        route.postgres()
                .executeIn(
                        database,
                        "DO $$ BEGIN CREATE ROLE " + LeakClient.ROLE
                                + "; EXCEPTION WHEN duplicate_object THEN NULL; END $$",
                        "GRANT " + LeakClient.ROLE + " TO " + TestPostgres.USER,
                        "GRANT TEMPORARY ON DATABASE " + database + " TO PUBLIC");
        for (String schema : List.of("leak_a", "leak_b")) {
            route.postgres()
                    .executeIn(
                            database,
                            "CREATE SCHEMA " + schema,
                            "GRANT USAGE ON SCHEMA " + schema + " TO PUBLIC",
                            "CREATE TABLE " + schema + ".whose AS SELECT '" + schema + "'::text AS owner",
                            "GRANT SELECT ON " + schema + ".whose TO PUBLIC");
        }
        return database;
    }

    /** What a session has that asks for nothing. */
    private static Map<String, String> defaults(Route.Way way) throws Exception {
        try (Session session = new Session(way, TestPostgres.USER, List.of())) {
            Map<String, String> row = SessionModel.view(
                    session.query(SessionModel.QUERY).exchange().get(0).rows().get(0));
            Map<String, String> defaults = new HashMap<>();
            SessionModel.SETTINGS.keySet().forEach(name -> defaults.put(name, row.get(name)));
            return defaults;
        }
    }
}
