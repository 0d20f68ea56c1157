package dev.pgpool.backup.internal.context;

import dev.pgpool.backup.internal.catalog.Catalog;
import dev.pgpool.backup.internal.catalog.KeyLayout;
import dev.pgpool.backup.store.StoreFeature;
import dev.pgpool.backup.store.StoreReport;
import org.jspecify.annotations.Nullable;

/** One of the stores of an engine: what it can do, and the catalog in it; each found out once. Safe for all threads. */
public final class ConfiguredStore {

    private final EngineContext context;
    private volatile @Nullable StoreReport report;
    private volatile @Nullable Catalog catalog;

    public ConfiguredStore(EngineContext context) {
        this.context = context;
    }

    public EngineContext context() {
        return context;
    }

    public String describe() {
        return context.store().describe();
    }

    /** What the store can do; asked again as long as it cannot be written to. */
    public StoreReport probe() {
        StoreReport known = report;
        if (known != null) {
            return known;
        }
        StoreReport found =
                context.store().probe(KeyLayout.probe(context.config().prefix()));
        if (found.has(StoreFeature.READ_WRITE)) {
            report = found;
        }
        return found;
    }

    /** Whether backups in it may be locked: locks need versions, and a store that refuses to tell about those may have both. */
    public boolean mayHaveLocks() {
        StoreReport found = probe();
        return found.has(StoreFeature.VERSIONING)
                || found.has(StoreFeature.OBJECT_LOCK)
                || found.denied().contains(StoreFeature.VERSIONING);
    }

    /** Whether a lease in it excludes other runners. */
    public boolean leaseEnforceable() {
        StoreReport found = probe();
        return found.has(StoreFeature.WRITE_IF_ABSENT) && found.has(StoreFeature.WRITE_IF_MATCHES);
    }

    /** The catalog of a cluster; the first that was asked for stays. */
    public synchronized Catalog catalog(String cluster) {
        Catalog known = catalog;
        if (known == null) {
            known = new Catalog(
                    context.store(),
                    new KeyLayout(context.config().prefix(), cluster),
                    context.retry(),
                    context.encryption(),
                    context.senders());
            catalog = known;
        }
        return known;
    }

    public @Nullable Catalog knownCatalog() {
        return catalog;
    }
}
