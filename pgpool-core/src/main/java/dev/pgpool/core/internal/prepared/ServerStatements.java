package dev.pgpool.core.internal.prepared;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The statements that one server has, least recently used first, at most as many as configured. An entry begins as
 * <em>sent</em>; whether the server obeyed is known later. Until then it only counts within the batch (the messages up to
 * a Sync) that it was sent in: an error in that batch makes the server skip the rest of it, but not the next batch. When
 * the server has skipped or refused something, an entry is <em>uncertain</em>: nobody relies on it, and who needs the
 * statement closes it before he parses it, which is right either way.
 *
 * <p>Confined to the event loop of the server.
 */
public final class ServerStatements {
    private enum State {
        SENT,
        CONFIRMED,
        UNCERTAIN
    }

    private static final class Entry {
        State state;
        final long batch;
        int shape;

        Entry(State state, long batch) {
            this.state = state;
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
        return entry != null && (entry.state == State.CONFIRMED || (entry.state == State.SENT && entry.batch == batch));
    }

    /** Whether the server may or may not have the statement. */
    public boolean isUncertain(Statement statement) {
        Entry entry = entries.get(statement);
        return entry != null && entry.state == State.UNCERTAIN;
    }

    /** A Parse of the statement was sent in this batch. */
    public void sent(Statement statement, long batch) {
        entries.put(statement, new Entry(State.SENT, batch));
    }

    /** The server has answered the Parse that was sent in this batch. */
    public void confirmed(Statement statement, long batch) {
        Entry entry = entries.get(statement);
        if (entry != null && entry.state == State.SENT && entry.batch == batch) {
            entry.state = State.CONFIRMED;
        }
    }

    /** What this server's copy of the statement returns, see {@link RowShape}; 0 if that is not known. */
    public int shape(Statement statement) {
        Entry entry = entries.get(statement);
        return entry == null ? 0 : entry.shape;
    }

    /** The server has said what its copy of the statement returns. */
    public void shapeIs(Statement statement, int shape) {
        Entry entry = entries.get(statement);
        if (entry != null) {
            entry.shape = shape;
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

    /** The server refused or skipped the Parse that was sent in this batch. */
    public void unsent(Statement statement, long batch) {
        Entry entry = entries.get(statement);
        if (entry != null && entry.batch == batch) {
            entry.state = State.UNCERTAIN;
        }
    }

    /** The server turned out not to have it. */
    public void lost(Statement statement) {
        entries.remove(statement);
    }

    /** The server skipped the Close of an evicted statement: it is still there, if it ever was. */
    public void restored(Statement statement) {
        if (entries.get(statement) == null) {
            entries.put(statement, new Entry(State.UNCERTAIN, 0));
        }
    }

    /** The server has dropped all statements whose Parse it had answered. */
    public void clearConfirmed() {
        entries.values().removeIf(entry -> entry.state != State.SENT);
    }

    /** The server may have dropped any of its statements, at a time when none was being parsed. */
    public void distrust() {
        entries.values().forEach(entry -> entry.state = State.UNCERTAIN);
    }

    public int size() {
        return entries.size();
    }
}
