package dev.pgpool.core.internal.link;

import dev.pgpool.core.internal.prepared.ClientStatements;
import dev.pgpool.core.internal.prepared.Unnamed;
import dev.pgpool.core.internal.server.ServerConnection;
import org.jspecify.annotations.Nullable;

/**
 * What the client's messages do to the statement without a name, each of which may turn out to have done nothing: a Parse fails, or
 * an error ahead of the message makes the server skip it. By then later batches may have changed it again. What a batch has
 * left is what the client has now, or what the next message that changed it keeps for its own case; or nothing depends on it
 * any more.
 *
 * <p>Part of a link, confined to its event loop. Hot path.
 */
final class UnnamedChanges {
    /** Marks a change that can't be skipped; if it fails there is no unnamed statement. */
    static final Object CERTAIN = new Object();

    /** A longer one is not kept: its successor waits until it can't be skipped. */
    private static final int KEPT_LIMIT = 16_384;

    private final ServerConnection server;
    private final ExpectedReplies expected;
    /** The batch in which the client's unnamed statement last changed. */
    private long changedIn;

    /** What the batch that is being undone has left, as a later one keeps it. */
    private @Nullable Unnamed left;

    private long leftBy;
    /** Parses of an unnamed statement that are not answered. */
    private int parsing;

    UnnamedChanges(ServerConnection server, ExpectedReplies expected) {
        this.server = server;
        this.expected = expected;
    }

    /** A new client begins. */
    void begin() {
        changedIn = 0;
        parsing = 0;
        undone();
    }

    /** A batch has been undone. */
    void undone() {
        left = null;
        leftBy = 0;
    }

    /** The change that a subject among the expected replies is about, if it is about one. */
    static @Nullable Object change(@Nullable Object subject) {
        return subject instanceof Rejection rejection ? rejection.unnamed() : subject;
    }

    /** Whether a change of the unnamed statement is meant, by its subject among the expected replies. */
    static boolean isMeantBy(@Nullable Object subject) {
        return subject == CERTAIN || subject instanceof Unnamed;
    }

    /** Whether an earlier batch has changed it, and it is not known yet whether that holds. */
    boolean isUnsettled() {
        return expected.isUnsettled(changedIn);
    }

    /** Whether the next message may not change it before those ahead of it are answered: too much would have to be kept. */
    boolean mustWait(ClientStatements statements) {
        return statements.unnamedLength() > KEPT_LIMIT && expected.maySkipNext();
    }

    /** A Parse of it is sent, the client's or ours. */
    void parseSent() {
        parsing++;
    }

    /** A Parse of it has been obeyed. */
    void parsed(long batch) {
        parsing--;
        if (parsing == 0) {
            server.unnamed().confirmed(batch);
        }
    }

    /** A Parse of it has failed, or was skipped. */
    void parseUndone() {
        parsing--;
    }

    /** The next message changes it; gives the subject for the expected replies. */
    Object next(ClientStatements statements) {
        long before = changedIn;
        changedIn = expected.batch();
        return !expected.maySkipNext() ? CERTAIN : statements.takeUnnamed(before, changedIn);
    }

    /** A simple Query comes next, which drops it. Gives what must come back if the server skips that; null if it can't. */
    @Nullable
    Unnamed dropByQuery(LinkedClient client) {
        server.unnamed().becameNone();
        ClientStatements known = client.knownStatements();
        if (known == null) {
            return null;
        }
        Object before = next(known);
        known.dropUnnamed();
        return before instanceof Unnamed kept ? kept : null;
    }

    /**
     * A change has not happened, last one first.
     *
     * @param subject what {@link #next} gave for it
     * @param batch in which it was sent
     * @param failed whether it failed, which leaves no unnamed statement; else it was skipped
     */
    void undo(Object subject, long batch, boolean failed, ClientStatements known) {
        Unnamed before = !failed && subject instanceof Unnamed kept ? kept : null;
        Unnamed later = changedIn > batch ? leftBy(batch) : null;
        if (later != null) {
            if (before != null) {
                later.become(before);
            } else {
                later.becomeNone();
            }
        } else if (changedIn == batch) {
            if (before != null) {
                known.restoreUnnamed(before);
            } else {
                known.dropUnnamed();
            }
        }
    }

    private @Nullable Unnamed leftBy(long batch) {
        if (leftBy != batch) {
            leftBy = batch;
            Object next = change(expected.firstBehindBatch(subject -> isMeantBy(change(subject))));
            left = next instanceof Unnamed kept && kept.isLeftBy(batch) ? kept : null;
        }
        return left;
    }
}
