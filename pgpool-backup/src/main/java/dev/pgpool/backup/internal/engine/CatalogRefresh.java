package dev.pgpool.backup.internal.engine;

import dev.pgpool.backup.catalog.CatalogEntry;
import dev.pgpool.backup.config.PgServer;
import dev.pgpool.backup.event.BackupEvent;
import dev.pgpool.backup.internal.catalog.Catalog;
import dev.pgpool.backup.internal.context.EngineContext;
import dev.pgpool.backup.internal.log.PeerLog;
import dev.pgpool.backup.internal.pg.ClusterFacts;
import dev.pgpool.backup.internal.pg.SessionGroup;
import dev.pgpool.backup.internal.pg.Sessions;
import dev.pgpool.backup.report.BackupException;
import dev.pgpool.backup.report.LastRun;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Reads the catalog at the start, each hour, and before an alarm, since other instances may have stored or deleted backups, and
 * tells listeners what is in it. Safe for all threads.
 */
final class CatalogRefresh {

    private static final PeerLog LOGGER = PeerLog.of(CatalogRefresh.class);
    private static final Duration CATALOG_REFRESH = Duration.ofHours(1);

    private final EngineContext context;
    private final EngineCatalog catalogs;
    private final OverdueWatch successes;
    private final AtomicBoolean looking = new AtomicBoolean();
    private volatile @Nullable Instant nextRefresh;
    private volatile boolean loaded;

    CatalogRefresh(EngineContext context, EngineCatalog catalogs, OverdueWatch successes) {
        this.context = context;
        this.catalogs = catalogs;
        this.successes = successes;
    }

    /** Whether the catalog was read at least once. */
    boolean isLoaded() {
        return loaded;
    }

    /** Reads the catalog now, and each hour from now on. */
    void start() {
        load(context.newSessions());
        nextRefresh = context.clock().instant().plus(CATALOG_REFRESH);
    }

    /** Starts reading the catalog if it is time for that, or if there may be reason for an alarm. */
    void tick() {
        Instant now = context.clock().instant();
        Instant refresh = nextRefresh;
        if ((refresh != null && !now.isBefore(refresh)) || successes.isOverdueNews(now)) {
            lookAgain();
        }
    }

    /** Reads the catalog again, not on the timer's thread; an alarm is given only if another instance has no success either. */
    private void lookAgain() {
        if (!looking.compareAndSet(false, true)) {
            return;
        }
        context.workers().execute(() -> {
            try {
                load(context.newSessions());
                Instant now = context.clock().instant();
                nextRefresh = now.plus(CATALOG_REFRESH);
                if (successes.takeOverdueNews(now)) {
                    context.publish(new BackupEvent.Overdue(now, successes.lastSuccess()));
                }
            } finally {
                looking.set(false);
            }
        });
    }

    void load(SessionGroup sessions) {
        try {
            Instant now = context.clock().instant();
            Catalog catalog = catalogs.catalog(sessions);
            List<CatalogEntry> entries = catalog.all();
            tellSelection(now, sessions);
            LastRun lastRun = catalog.lastRun().orElse(null);
            successes.learn(entries, lastRun, now);
            loaded = true;
            context.publish(new BackupEvent.CatalogLoaded(now, entries, lastRun));
        } catch (RuntimeException e) {
            LOGGER.warn("The catalog cannot be read: {}", e.getMessage());
        }
    }

    private void tellSelection(Instant now, SessionGroup sessions) {
        PgServer source = context.config().source();
        try (Connection connection = Sessions.open(source, source.adminDatabase(), sessions)) {
            List<String> selected = ClusterFacts.read(connection).databases().stream()
                    .filter(context.config().databases()::takes)
                    .toList();
            context.publish(new BackupEvent.DatabasesSelected(now, selected));
        } catch (SQLException | BackupException e) {
            LOGGER.debug("Which databases are selected cannot be asked: {}", e.getMessage());
        }
    }
}
