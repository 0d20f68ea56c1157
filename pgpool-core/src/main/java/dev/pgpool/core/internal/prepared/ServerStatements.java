package dev.pgpool.core.internal.prepared;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The copies of statements that one server has, least recently used first, at most as many as configured. A copy begins as
 * <em>sent</em>; whether the server obeyed is known later. Until then it only counts within the batch (the messages up to
 * a Sync) that it was sent in: an error in that batch makes the server skip the rest of it, but not the next batch. When
 * the server has skipped or refused something, a copy is <em>uncertain</em>: no message relies on it, and a client that
 * needs the statement closes the copy before the statement is parsed again, which is right either way.
 *
 * <p>Confined to the event loop of the server.
 */
public final class ServerStatements {
    private final int limit;
    private final LinkedHashMap<Statement, Copy> copies = new LinkedHashMap<>(16, 0.75f, true);
    /** Those that were parsed in the transaction that is open. */
    private final List<Copy> parsedHere = new ArrayList<>(0);

    public ServerStatements(int limit) {
        this.limit = limit;
    }

    /** The copy of the statement that a message of this batch may rely on, or null; counts as a use. */
    public @Nullable Copy find(Statement statement, long batch) {
        Copy copy = copies.get(statement);
        return copy != null && copy.isThere(batch) ? copy : null;
    }

    /** Whether the server has, or may have, a copy of whatever age. */
    public boolean mayHave(Statement statement) {
        return copies.get(statement) != null;
    }

    /**
     * A Parse of the statement was sent in this batch.
     *
     * @param age what the clock of the statements' registry showed before it was sent
     */
    public Copy sent(Statement statement, long batch, long age) {
        Copy copy = new Copy(statement.isOpen(), batch, age);
        copies.put(statement, copy);
        parsedHere.add(copy);
        return copy;
    }

    /** The server has answered the Parse that was sent in this batch. */
    public void confirmed(Statement statement, long batch) {
        Copy copy = copies.get(statement);
        if (copy != null) {
            copy.confirmed(batch);
        }
    }

    /** What this server's copy of the statement returns, see {@link RowShape}; 0 if that is not known. */
    public int shape(Statement statement) {
        Copy copy = copies.get(statement);
        return copy == null ? 0 : copy.shape();
    }

    /** The server has said what its copy of the statement returns. */
    public void shapeIs(Statement statement, int shape) {
        Copy copy = copies.get(statement);
        if (copy != null) {
            copy.shapeIs(shape);
        }
    }

    /** The statement to close so that the limit is kept, already forgotten here; null while there is room. */
    public @Nullable Statement evict() {
        if (copies.size() <= limit) {
            return null;
        }
        Map.Entry<Statement, Copy> eldest = copies.entrySet().iterator().next();
        Statement statement = eldest.getKey();
        copies.remove(statement);
        return statement;
    }

    /** The server refused or skipped the Parse that was sent in this batch. */
    public void unsent(Statement statement, long batch) {
        Copy copy = copies.get(statement);
        if (copy != null && copy.batch() == batch) {
            copy.distrust();
        }
    }

    /** The server turned out not to have it. */
    public void lost(Statement statement) {
        copies.remove(statement);
    }

    /** The server skipped the Close of an evicted statement: it is still there, if it ever was. */
    public void restored(Statement statement) {
        if (copies.get(statement) == null) {
            Copy copy = new Copy(statement.isOpen(), 0, Copy.NOT_SHARED);
            copy.distrust();
            copies.put(statement, copy);
        }
    }

    /** All that the server may have, forgotten here: they are about to be closed. */
    public List<Statement> takeAll() {
        List<Statement> all = List.copyOf(copies.keySet());
        copies.clear();
        return all;
    }

    /** The server has dropped all statements whose Parse it had answered. */
    public void clearConfirmed() {
        copies.values().removeIf(copy -> !copy.isSent());
    }

    /** The server may have dropped any of its statements, at a time when none was being parsed. */
    public void distrust() {
        copies.values().forEach(Copy::distrust);
    }

    /**
     * The open transaction, or a part of it, is undone: what was parsed in it may have been parsed under a catalog that no
     * other session has ever seen.
     */
    public void undone() {
        if (!parsedHere.isEmpty()) {
            parsedHere.forEach(Copy::notShared);
            transactionEnded();
        }
    }

    /** The transaction is over; what it has parsed is as good as its catalog, which all sessions see now. */
    public void transactionEnded() {
        if (!parsedHere.isEmpty()) {
            parsedHere.removeIf(copy -> !copy.isSent());
        }
    }

    public int size() {
        return copies.size();
    }
}
