package dev.pgpool.backup.internal.run;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which table is being dumped, and how much of the tables' bytes lies behind it. Within a table it goes by the bytes that came
 * out since it was begun, in the ratio that the tables before it had, or a usual one. Written and read by different threads.
 */
final class DumpProgress {

    private static final double USUAL_COMPRESSION = 3;

    private Map<String, Long> tableBytes = Map.of();
    private long total;
    private final double usualRatio;
    private @Nullable String table;
    private long done;
    private long readBefore;

    DumpProgress(boolean compressed) {
        this.usualRatio = compressed ? USUAL_COMPRESSION : 1;
    }

    /** How large each table is; known once the dump has begun. */
    synchronized void sizes(Map<String, Long> bytes) {
        tableBytes = Map.copyOf(bytes);
        total = bytes.values().stream().mapToLong(Long::longValue).sum();
    }

    /** The next table, and the bytes of the dump that were read until now. */
    synchronized void begin(String next, long readBytes) {
        if (table != null) {
            done += tableBytes.getOrDefault(table, 0L);
        }
        table = next;
        readBefore = readBytes;
    }

    synchronized @Nullable String table() {
        return table;
    }

    /** From 0 to 1, or negative if there is nothing to go by. */
    synchronized double share(long readBytes) {
        if (total == 0) {
            return -1;
        }
        double ratio = done > 0 && readBefore > 0 ? (double) done / readBefore : usualRatio;
        double inTable =
                table == null ? 0 : Math.min(tableBytes.getOrDefault(table, 0L), (readBytes - readBefore) * ratio);
        return Math.min(1, (done + inTable) / total);
    }
}
