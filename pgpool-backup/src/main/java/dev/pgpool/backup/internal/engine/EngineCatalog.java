package dev.pgpool.backup.internal.engine;

import dev.pgpool.backup.catalog.BackupId;
import dev.pgpool.backup.catalog.CatalogEntry;
import dev.pgpool.backup.config.PgServer;
import dev.pgpool.backup.internal.catalog.Catalog;
import dev.pgpool.backup.internal.catalog.KeyLayout;
import dev.pgpool.backup.internal.context.ConfiguredStore;
import dev.pgpool.backup.internal.context.EngineContext;
import dev.pgpool.backup.internal.log.PeerLog;
import dev.pgpool.backup.internal.pg.ClusterFacts;
import dev.pgpool.backup.internal.pg.SessionGroup;
import dev.pgpool.backup.internal.pg.Sessions;
import dev.pgpool.backup.report.BackupException;
import dev.pgpool.backup.report.FailureReason;
import dev.pgpool.backup.restore.RestoreRequest;
import dev.pgpool.backup.retention.RetentionPlan;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The stores of an engine, and the catalog in the first of them, which is the one that is read. Which cluster's catalog it is, is
 * found out once. Safe for all threads.
 */
final class EngineCatalog {

    private static final PeerLog LOGGER = PeerLog.of(EngineCatalog.class);

    private final EngineContext context;
    private final List<ConfiguredStore> stores;
    private final EngineState state;

    EngineCatalog(List<ConfiguredStore> stores, EngineState state) {
        this.context = stores.get(0).context();
        this.stores = stores;
        this.state = state;
    }

    List<ConfiguredStore> stores() {
        return stores;
    }

    ConfiguredStore first() {
        return stores.get(0);
    }

    /** The catalog; if it has no configured name and the source is gone, that of the only cluster in the store. */
    Catalog catalog() {
        return catalog(context.newSessions());
    }

    Catalog catalog(SessionGroup sessions) {
        state.requireOpen();
        Catalog known = first().knownCatalog();
        if (known != null) {
            return known;
        }
        if (!context.config().cluster().isEmpty()) {
            return first().catalog(context.config().cluster());
        }
        PgServer source = context.config().source();
        try (Connection connection = Sessions.open(source, source.adminDatabase(), sessions)) {
            return first().catalog(context.clusterName(ClusterFacts.read(connection)));
        } catch (SQLException | BackupException e) {
            LOGGER.info("The source cannot be asked for its name, looking into the store: {}", e.getMessage());
            return first().catalog(onlyCluster(String.valueOf(e.getMessage())));
        }
    }

    private String onlyCluster(String why) {
        String prefix = context.config().prefix();
        String root = (prefix.isEmpty() ? "" : prefix + "/") + "v1/";
        Set<String> clusters = new TreeSet<>();
        context.store().list(root, object -> {
            String rest = object.key().substring(root.length());
            int slash = rest.indexOf('/');
            if (slash > 0 && !rest.startsWith(".")) {
                clusters.add(rest.substring(0, slash));
            }
        });
        if (clusters.size() != 1) {
            throw new BackupException(
                    FailureReason.SOURCE_UNREACHABLE,
                    why + "; and the store holds " + clusters.size() + " clusters " + clusters
                            + " (expected: cluster(...) in the settings)");
        }
        return KeyLayout.name(clusters.iterator().next());
    }

    /** The backup that a request means. */
    CatalogEntry find(RestoreRequest.Which which) {
        if (which instanceof RestoreRequest.ById byId) {
            return catalog().find(byId.database(), byId.id());
        }
        Instant limit = which instanceof RestoreRequest.Before before
                ? before.instant()
                : context.clock().instant().plus(RetentionPlan.CLOCK_TOLERANCE);
        List<CatalogEntry> all = catalog().of(which.database());
        Optional<CatalogEntry> newest = all.stream()
                .filter(CatalogEntry::readable)
                .filter(entry -> !OverdueWatch.startedAt(entry).isAfter(limit))
                .max(Comparator.comparing(OverdueWatch::startedAt));
        if (newest.isEmpty() && !all.isEmpty() && all.stream().noneMatch(CatalogEntry::readable)) {
            throw context.encryption().unreadable(all.get(all.size() - 1), FailureReason.RESTORE_REFUSED);
        }
        return newest.orElseThrow(() -> new BackupException(
                FailureReason.NOT_FOUND,
                "no backup of \"" + which.database() + "\" from " + limit + " or before in "
                        + context.store().describe()));
    }

    /** Keeps a backup from retention and deletion, or gives it back, in all stores that have it. */
    void pin(String database, BackupId id, @Nullable String reason) {
        Catalog of = catalog();
        Instant now = context.clock().instant();
        for (ConfiguredStore store : stores) {
            Catalog in = store == first() ? of : store.catalog(of.layout().cluster());
            try {
                if (reason == null) {
                    in.unpin(database, id);
                } else {
                    in.pin(database, id, reason, now);
                }
            } catch (RuntimeException e) {
                BackupException failure = BackupException.of(e);
                if (store == first()) {
                    throw failure;
                }
                if (failure.reason() != FailureReason.NOT_FOUND) {
                    LOGGER.warn("Pin of {} in {}: {}", id, store.describe(), failure.getMessage());
                }
            }
        }
    }
}
