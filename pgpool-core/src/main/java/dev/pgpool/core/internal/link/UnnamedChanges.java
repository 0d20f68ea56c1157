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
    static final Unnamed CERTAIN = Unnamed.none();

    /** A longer one is not kept: its successor waits until it can't be skipped. */
    private static final int KEPT_LIMIT = 16_384;

    /** Nor are more bytes than these, in all that the client has sent ahead. */
    private static final int ALL_KEPT_LIMIT = 1 << 20;

    private final ServerConnection server;
    private final ExpectedReplies expected;
    private final CopyIn copy;
    /** The batch in which the client's unnamed statement last changed. */
    private long changedIn;

    /** What the batch that is being undone has left, as a later one keeps it. */
    private @Nullable Unnamed left;

    private long leftBy;
    /** Parses of an unnamed statement that are not answered. */
    private int parsing;
    /** Bytes that were kept since everything was answered. */
    private int keptBytes;

    UnnamedChanges(ServerConnection server, ExpectedReplies expected, CopyIn copy) {
        this.server = server;
        this.expected = expected;
        this.copy = copy;
    }

    /** A new client begins. */
    void begin() {
        changedIn = 0;
        parsing = 0;
        keptBytes = 0;
        onBatchUndone();
    }

    /** All changes of a batch that has failed have been undone. */
    void onBatchUndone() {
        left = null;
        leftBy = 0;
    }

    /** The change of the unnamed statement that a subject among the expected replies is about; null if it is about another thing. */
    static @Nullable Unnamed change(@Nullable Object subject) {
        if (subject instanceof Rejection rejection) {
            return rejection.unnamed();
        }
        return subject instanceof Unnamed change ? change : null;
    }

    /** Whether an earlier batch has changed it, and it is not known yet whether that holds. */
    boolean isUnsettled() {
        return expected.isUnsettled(changedIn);
    }

    /** Whether the next message may not change it before those ahead of it are answered: too much would have to be kept. */
    boolean mustWait(ClientStatements statements) {
        boolean tooMuch =
                statements.unnamedLength() > KEPT_LIMIT || statements.hasLongUnnamed() || keptBytes > ALL_KEPT_LIMIT;
        // a server that takes the data of a COPY answers nothing before their end
        return tooMuch && expected.maySkipNext() && !copy.isTakingData();
    }

    /** A Parse of the client's current statement is sent, the client's own message or ours. */
    void parseSent(ClientStatements statements) {
        server.unnamed().became(statements, statements.unnamedVersion(), expected.batch());
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

    /**
     * The next message changes it; gives the subject for the expected replies.
     *
     * @param skippable {@link ExpectedReplies#maySkipNext} before we sent anything ahead of the message: if that fails, so does
     *     the message
     */
    Unnamed next(ClientStatements statements, boolean skippable) {
        if (expected.isEmpty()) {
            keptBytes = 0;
        }
        long before = changedIn;
        changedIn = expected.batch();
        if (!skippable) {
            return CERTAIN;
        }
        keptBytes += statements.unnamedBody().length;
        return statements.takeUnnamed(before);
    }

    /**
     * A simple Query comes next, which drops it. Gives what must come back if the server skips that; null if it can't, or if
     * nothing must.
     *
     * @param skippable as in {@link #next}
     */
    @Nullable
    Unnamed dropByQuery(LinkedClient client, boolean skippable) {
        server.unnamed().becameNone();
        ClientStatements known = client.knownStatements();
        if (known == null || (!known.hasUnnamed() && !known.hasLongUnnamed() && !isUnsettled())) {
            return null;
        }
        Unnamed before = next(known, skippable);
        known.dropUnnamed();
        return before == CERTAIN ? null : before;
    }

    /**
     * A change has not happened, last one first.
     *
     * @param change what {@link #next} gave for it
     * @param batch in which it was sent
     * @param failed whether it failed, which leaves no unnamed statement; else it was skipped
     */
    void undo(Unnamed change, long batch, boolean failed, ClientStatements known) {
        Unnamed before = failed || change == CERTAIN ? null : change;
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
            Unnamed next = expected.firstBehindBatch(UnnamedChanges::change);
            left = next != null && next.isLeftBy(batch) ? next : null;
        }
        return left;
    }
}
