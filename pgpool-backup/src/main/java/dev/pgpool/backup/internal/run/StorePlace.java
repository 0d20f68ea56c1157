package dev.pgpool.backup.internal.run;

import dev.pgpool.backup.internal.catalog.Catalog;
import dev.pgpool.backup.internal.catalog.KeyLayout;
import dev.pgpool.backup.store.StoreFeature;
import dev.pgpool.backup.store.StoreReport;
import org.jspecify.annotations.Nullable;

/** One of the stores of an engine: what it can do, and the catalog in it; each found out once. Safe for all threads. */
final class StorePlace {

    private final Context context;
    private volatile @Nullable StoreReport report;
    private volatile @Nullable Catalog catalog;

    StorePlace(Context context) {
        this.context = context;
    }

    Context context() {
        return context;
    }

    String describe() {
        return context.store().describe();
    }

    /** What the store can do; asked again as long as it cannot be written to. */
    StoreReport probe() {
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

    /** The catalog of a cluster; the first that was asked for stays. */
    synchronized Catalog catalog(String cluster) {
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

    @Nullable
    Catalog knownCatalog() {
        return catalog;
    }
}
