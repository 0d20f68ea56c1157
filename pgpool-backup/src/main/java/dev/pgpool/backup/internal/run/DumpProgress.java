package dev.pgpool.backup.internal.run;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Which table is being dumped, and how much of the tables' bytes lies behind it. Written and read by different threads. */
final class DumpProgress {

    private final Map<String, Long> tableBytes;
    private final long total;
    private @Nullable String table;
    private long done;

    DumpProgress(Map<String, Long> tableBytes) {
        this.tableBytes = tableBytes;
        this.total = tableBytes.values().stream().mapToLong(Long::longValue).sum();
    }

    synchronized void begin(String next) {
        if (table != null) {
            done += tableBytes.getOrDefault(table, 0L);
        }
        table = next;
    }

    synchronized @Nullable String table() {
        return table;
    }

    /** From 0 to 1, or negative if there is nothing to go by. */
    synchronized double share() {
        return total == 0 ? -1 : Math.min(1, (double) done / total);
    }
}
