package dev.pgpool.backup.store;

import dev.pgpool.backup.internal.text.TextTable;
import java.util.EnumMap;
import java.util.Map;
import java.util.Set;

/**
 * What a probe found out about a store.
 *
 * @param store the store, as it describes itself
 * @param findings each feature tried with {@code "yes"} or the reason why not
 */
public record StoreReport(String store, Map<StoreFeature, String> findings, Set<StoreFeature> denied) {

    /** The finding of a feature that works. */
    public static final String YES = "yes";

    /** Copies the findings in the order of the features. */
    public StoreReport {
        Map<StoreFeature, String> copy = new EnumMap<>(StoreFeature.class);
        copy.putAll(findings);
        findings = java.util.Collections.unmodifiableMap(copy);
        denied = Set.copyOf(denied);
    }

    /** A report of a store that denies nothing. */
    public StoreReport(String store, Map<StoreFeature, String> findings) {
        this(store, findings, Set.of());
    }

    /** True if the feature was tried and works. */
    public boolean has(StoreFeature feature) {
        return YES.equals(findings.get(feature));
    }

    /** One line per feature. */
    public String table() {
        TextTable table = new TextTable();
        findings.forEach(table::row);
        return store + "\n" + table;
    }
}
