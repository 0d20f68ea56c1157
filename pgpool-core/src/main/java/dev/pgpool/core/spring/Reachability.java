package dev.pgpool.core.spring;

import dev.pgpool.core.event.PgPoolListener;
import dev.pgpool.core.stats.PoolKey;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * How the last attempt of each database to get a server connection ended. Written by event loops, once for each connection, and
 * read by health checks.
 */
final class Reachability {
    /** Databases that only {@code *} serves are many where clients choose their names. */
    private static final int MOST = 1_000;

    private static final String WRONG_LOGIN = "28";

    private final Map<String, Failure> failures = new ConcurrentHashMap<>();
    private final Map<String, Failure> refusals = new ConcurrentHashMap<>();

    /**
     * An attempt that failed.
     *
     * @param at when
     * @param sqlState the server's, or the pooler's where the server has said nothing
     * @param message what it said
     */
    record Failure(Instant at, String sqlState, String message) {}

    /** What writes it. */
    PgPoolListener listener() {
        return new PgPoolListener() {
            @Override
            public void onServerConnected(PoolKey pool, Duration took) {
                failures.remove(pool.database());
            }

            @Override
            public void onServerConnectFailed(PoolKey pool, String sqlState, String message) {
                failed(pool.database(), new Failure(Instant.now(), sqlState, message));
            }
        };
    }

    private void failed(String database, Failure failure) {
        Map<String, Failure> kind = failure.sqlState().startsWith(WRONG_LOGIN) ? refusals : failures;
        if (kind.size() < MOST || kind.containsKey(database)) {
            kind.put(database, failure);
        }
    }

    /** The last attempt, if it failed. */
    Optional<Failure> failure(String database) {
        return Optional.ofNullable(failures.get(database));
    }

    /** The last login that the server refused: it was reached, and did not like the user. */
    Optional<Failure> refusal(String database) {
        return Optional.ofNullable(refusals.get(database));
    }
}
