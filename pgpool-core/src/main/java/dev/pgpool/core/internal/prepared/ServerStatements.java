package dev.pgpool.core.internal.prepared;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The statements that one server has, least recently used first, at most as many as configured. An entry is what was
 * <em>sent</em>; whether the server obeyed is known later. Until then it only counts within the batch (the messages up
 * to a Sync) that it was sent in: an error in that batch makes the server skip the rest of it, but not the next batch.
 *
 * <p>Confined to the event loop of the server.
 */
public final class ServerStatements {
    private static final class Entry {
        long batch;
        boolean confirmed;

        Entry(long batch) {
            this.batch = batch;
        }
    }

    private final int limit;
    private final LinkedHashMap<Statement, Entry> entries = new LinkedHashMap<>(16, 0.75f, true);

    public ServerStatements(int limit) {
        this.limit = limit;
    }

    /** Whether a message of this batch may rely on the statement; counts as a use. */
    public boolean has(Statement statement, long batch) {
        Entry entry = entries.get(statement);
        return entry != null && (entry.confirmed || entry.batch == batch);
    }

    /** A Parse of the statement was sent in this batch. */
    public void sent(Statement statement, long batch) {
        entries.put(statement, new Entry(batch));
    }

    /** The server has answered the Parse. */
    public void confirmed(Statement statement) {
        Entry entry = entries.get(statement);
        if (entry != null) {
            entry.confirmed = true;
        }
    }

    /** The statement to close so that the limit is kept, already forgotten here; null while there is room. */
    public @Nullable Statement evict() {
        if (entries.size() <= limit) {
            return null;
        }
        Map.Entry<Statement, Entry> eldest = entries.entrySet().iterator().next();
        Statement statement = eldest.getKey();
        entries.remove(statement);
        return statement;
    }

    /** The server skipped the Parse that was sent in this batch. */
    public void unsent(Statement statement, long batch) {
        Entry entry = entries.get(statement);
        if (entry != null && !entry.confirmed && entry.batch == batch) {
            entries.remove(statement);
        }
    }

    /** The server skipped the Close of an evicted statement: it is still there. */
    public void restored(Statement statement) {
        if (entries.get(statement) == null) {
            Entry entry = new Entry(0);
            entry.confirmed = true;
            entries.put(statement, entry);
        }
    }

    /** The server has dropped all statements whose Parse it had answered. */
    public void clearConfirmed() {
        entries.values().removeIf(entry -> entry.confirmed);
    }

    public int size() {
        return entries.size();
    }
}
