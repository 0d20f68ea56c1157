package dev.pgpool.core.spring;

import dev.pgpool.core.PgPool;
import dev.pgpool.core.config.DatabaseConfig;
import dev.pgpool.core.stats.PgPoolSnapshot;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.springframework.boot.health.contributor.AbstractHealthIndicator;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.Status;

/**
 * Whether the pooler serves, and whether each database of the configuration can be reached: by what the pooler knows already, no
 * connection is made.
 *
 * <p>A database is down while its last attempt to get a server connection, not older than a minute, failed and it has no other
 * server; unknown while there is neither a server nor such a failure. A pooler without clients tries nothing, so a failure of
 * long ago must not keep clients away. A login that the server refuses says that it is there: it is told, and changes nothing
 * unless the user is that of the database itself.
 */
final class PoolerHealthIndicator extends AbstractHealthIndicator {
    private static final Duration RECENT = Duration.ofMinutes(1);

    private final PgPool pool;
    private final Reachability reachability;

    PoolerHealthIndicator(PgPool pool, Reachability reachability) {
        super("the pooler could not be asked");
        this.pool = pool;
        this.reachability = reachability;
    }

    @Override
    protected void doHealthCheck(Health.Builder health) {
        if (!pool.healthy()) {
            health.down().withDetail("pooler", "lets no clients in");
            return;
        }
        PgPoolSnapshot snapshot = pool.snapshot();
        Map<String, Object> databases = new LinkedHashMap<>();
        boolean down = false;
        for (DatabaseConfig database : pool.config().databases().values()) {
            if (!database.name().equals(DatabaseConfig.FALLBACK)) {
                Map<String, Object> details = details(database, snapshot);
                down |= Status.DOWN.getCode().equals(details.get("status"));
                databases.put(database.name(), details);
            }
        }
        health.status(down ? Status.DOWN : Status.UP)
                .withDetail("pooler", snapshot.status().name().toLowerCase(java.util.Locale.ROOT))
                .withDetail("clients", snapshot.clients())
                .withDetail("databases", databases);
    }

    private Map<String, Object> details(DatabaseConfig database, PgPoolSnapshot snapshot) {
        Map<String, Object> details = new LinkedHashMap<>();
        int ready = 0;
        int waiting = 0;
        int clients = 0;
        for (PgPoolSnapshot.Pool each : snapshot.pools()) {
            if (each.key().database().equals(database.name())) {
                ready += each.servers() - each.serverStates().connecting();
                waiting += each.clientsWaiting();
                clients += each.clients();
            }
        }
        Optional<Reachability.Failure> failure = failure(database).filter(PoolerHealthIndicator::isRecent);
        Status status = ready > 0 ? Status.UP : failure.isPresent() ? Status.DOWN : Status.UNKNOWN;
        // Its code: within details a status would be an object of JSON
        details.put("status", status.getCode());
        details.put("servers", ready);
        details.put("clients", clients);
        details.put("waiting", waiting);
        failure.or(() -> reachability.refusal(database.name()).filter(PoolerHealthIndicator::isRecent))
                .ifPresent(
                        last -> details.put("lastFailure", last.at() + " " + last.sqlState() + " " + last.message()));
        return details;
    }

    private Optional<Reachability.Failure> failure(DatabaseConfig database) {
        Optional<Reachability.Failure> failure = reachability.failure(database.name());
        return database.user().isPresent() ? failure.or(() -> reachability.refusal(database.name())) : failure;
    }

    private static boolean isRecent(Reachability.Failure failure) {
        return failure.at().isAfter(Instant.now().minus(RECENT));
    }
}
