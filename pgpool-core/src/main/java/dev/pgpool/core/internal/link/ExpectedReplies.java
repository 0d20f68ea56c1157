package dev.pgpool.core.internal.link;

import java.util.Arrays;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What a server still owes, in order: one entry for each message that will be answered. An entry says which kind of
 * message it was and what becomes of the answer: it goes on to the client, it is dropped because we asked
 * ({@link #SKIP}), or it is made up by us because the server was never asked ({@link #FAKE}).
 *
 * <p>Messages up to a Sync are a <em>batch</em>: after an error the server skips the rest of its batch.
 *
 * <p>A ring that is reused for the life of the server. Confined to its event loop.
 */
final class ExpectedReplies {
    static final int QUERY = 1;
    static final int FUNCTION_CALL = 2;
    static final int SYNC = 3;
    static final int PARSE = 4;
    static final int BIND = 5;
    static final int DESCRIBE = 6;
    static final int EXECUTE = 7;
    static final int CLOSE = 8;
    /** A Parse that repeats a name on purpose, to be refused by the server. */
    static final int DUPLICATE = 9;

    /** Where the client ended its COPY data before the server had asked for them; always a {@link #FAKE}. */
    static final int COPY_END = 10;

    static final int KIND = 0x0f;
    static final int SKIP = 0x10;
    static final int FAKE = 0x20;

    /** Called for entries whose messages the server skips, last one first, so that undoing restores what was. */
    interface Undo {
        /** @param failed whether this is the message that failed, not one that was skipped because of it */
        void undo(int code, @Nullable Object subject, long batch, boolean failed);
    }

    /** Room for the pipelines that drivers make; a power of two, as any capacity. */
    private static final int KEPT = 64;

    private byte[] codes = new byte[KEPT];
    private @Nullable Object[] subjects = new Object[KEPT];
    private int head;
    private int size;
    private int syncs;
    private int readies;
    private long tailBatch = 1;
    private long answered;
    private boolean batchOpen;

    /** A new client begins, with a server that owes nothing. */
    void begin() {
        batchOpen = false;
    }

    boolean isEmpty() {
        return size == 0;
    }

    int size() {
        return size;
    }

    /** The batch that the next message belongs to. */
    long batch() {
        return tailBatch;
    }

    /** Whether something done in the given batch may still be undone, while the next message is not in that batch. */
    boolean isUnsettled(long batch) {
        return batch < tailBatch && batch >= tailBatch - syncs;
    }

    /** The batch that the oldest entry belongs to. */
    long headBatch() {
        return tailBatch - syncs;
    }

    /** Whether a ReadyForQuery is owed: then the transaction status that messages will meet is not known yet. */
    boolean owesReadyForQuery() {
        return readies > 0;
    }

    /** Gives back the memory that a long pipeline took; only when empty. */
    void shrink() {
        if (size == 0 && codes.length > KEPT) {
            codes = new byte[KEPT];
            subjects = new Object[KEPT];
            head = 0;
        }
    }

    /** Whether a Sync is unanswered: then an error may still come that the messages after it don't share. */
    boolean hasSync() {
        return syncs > 0;
    }

    void add(int code) {
        add(code, null);
    }

    void add(int code, @Nullable Object subject) {
        if (size == codes.length) {
            grow();
        }
        int slot = head + size & codes.length - 1;
        codes[slot] = (byte) code;
        if (subject != null) {
            subjects[slot] = subject;
        }
        size++;
        if (code <= SYNC) {
            readies++;
            batchOpen = false;
            if (code == SYNC) {
                syncs++;
                tailBatch++;
            }
        } else if (isOfClient(code)) {
            batchOpen = true;
        }
    }

    /** Whether a message of the client's that the server gets; what we ask for ourselves leaves nothing that a Sync would end. */
    private static boolean isOfClient(int code) {
        return (code & (FAKE | SKIP)) == 0;
    }

    /** Whether the server has been sent messages of the client's, answered or not, of which the batch has not been ended. */
    boolean isBatchOpen() {
        return batchOpen;
    }

    /** The oldest entry, 0 if there is none. */
    int head() {
        return size == 0 ? 0 : codes[head];
    }

    /** What the oldest entry is about. */
    @Nullable
    Object headSubject() {
        return subjects[head];
    }

    /** Whether the newest entry ends in a ReadyForQuery, or there is none. */
    boolean endsInReadyForQuery() {
        if (size == 0) {
            return true;
        }
        int kind = codes[head + size - 1 & codes.length - 1] & KIND;
        return kind == QUERY || kind == SYNC || kind == FUNCTION_CALL;
    }

    /**
     * Whether something unanswered, ahead of the next message, may have the server skip that. A simple Query ahead of it may be
     * skipped as well, but then its own undoing is for both; a function call has nothing to undo.
     */
    boolean maySkipNext() {
        for (int i = size - 1; i >= 0; i--) {
            int code = codes[head + i & codes.length - 1];
            if ((code & FAKE) == 0) {
                return (code & KIND) != QUERY && (code & KIND) != SYNC;
            }
        }
        return false;
    }

    /** Entries that are not owed any more: a number that changes with each answer. */
    long answered() {
        return answered;
    }

    /** The oldest entry has been answered. */
    void pop() {
        answered++;
        if (codes[head] <= SYNC) {
            readies--;
            if (codes[head] == SYNC) {
                syncs--;
            }
        }
        subjects[head] = null;
        head = head + 1 & codes.length - 1;
        size--;
    }

    /** After an error: drops what the server skips, and returns whether it knows where to stop (a Sync is there). */
    boolean dropBatch(Undo undo) {
        int count = 0;
        while (count < size && codes[head + count & codes.length - 1] != SYNC) {
            count++;
        }
        boolean sync = count < size;
        long batch = tailBatch - syncs;
        for (int i = count - 1; i >= 0; i--) {
            int slot = head + i & codes.length - 1;
            undo.undo(codes[slot], subjects[slot], batch, i == 0);
            if (codes[slot] <= SYNC) {
                readies--;
            }
            subjects[slot] = null;
        }
        head = head + count & codes.length - 1;
        size -= count;
        answered += count;
        return sync;
    }

    /**
     * The oldest entry turned out to be a COPY FROM STDIN: Syncs that were sent right behind it are ignored by the server
     * (see CopyGetData in PostgreSQL's copyfromparse.c), so nothing is owed for them.
     *
     * @return how many they are
     */
    int beginCopyIn() {
        int kept = 1;
        while (kept < size && codes[head + kept & codes.length - 1] == SYNC) {
            kept++;
        }
        int dropped = kept - 1;
        if (dropped == 0) {
            return 0;
        }
        int from = head + dropped & codes.length - 1;
        codes[from] = codes[head];
        subjects[from] = subjects[head];
        for (int i = 0; i < dropped; i++) {
            subjects[head + i & codes.length - 1] = null;
        }
        head = from;
        size -= dropped;
        answered += dropped;
        batchOpen = endsInOpenBatch();
        syncs -= dropped;
        readies -= dropped;
        return dropped;
    }

    private boolean endsInOpenBatch() {
        for (int i = size - 1; i >= 0; i--) {
            int code = codes[head + i & codes.length - 1];
            if (isOfClient(code)) {
                return code > SYNC;
            }
        }
        return false;
    }

    /** Whether nothing is owed behind the oldest entry but the end of its batch. */
    boolean isLast() {
        return size == 1 || (size == 2 && codes[head + 1 & codes.length - 1] == SYNC);
    }

    /** Whether the client has already ended the COPY that the oldest entry began. */
    boolean isCopyEnded() {
        return size > 1 && (codes[head + 1 & codes.length - 1] & KIND) == COPY_END;
    }

    /** Whether a Parse of this subject is unanswered. */
    boolean isParsePending(Object subject) {
        return isPending(PARSE, subject);
    }

    /** Whether a message of this kind and subject is unanswered. */
    boolean isPending(int kind, Object subject) {
        for (int i = 0; i < size; i++) {
            int slot = head + i & codes.length - 1;
            if (subjects[slot] == subject && (codes[slot] & KIND) == kind) {
                return true;
            }
        }
        return false;
    }

    /** Whether an entry that is about something of this class is unanswered. */
    boolean hasSubject(Class<?> type) {
        for (int i = 0; i < size; i++) {
            if (type.isInstance(subjects[head + i & codes.length - 1])) {
                return true;
            }
        }
        return false;
    }

    /** The first result of the function that is not null, for the subjects of the client's messages behind the oldest batch. */
    <T> @Nullable T firstBehindBatch(Function<@Nullable Object, @Nullable T> what) {
        boolean behind = false;
        for (int i = 0; i < size; i++) {
            int slot = head + i & codes.length - 1;
            T found = behind && (codes[slot] & SKIP) == 0 ? what.apply(subjects[slot]) : null;
            if (found != null) {
                return found;
            }
            behind |= codes[slot] == SYNC;
        }
        return null;
    }

    private void grow() {
        int old = codes.length;
        byte[] newCodes = new byte[old * 2];
        @Nullable Object[] newSubjects = Arrays.copyOf(subjects, 0);
        newSubjects = Arrays.copyOf(newSubjects, old * 2);
        for (int i = 0; i < size; i++) {
            int slot = head + i & old - 1;
            newCodes[i] = codes[slot];
            newSubjects[i] = subjects[slot];
        }
        codes = newCodes;
        subjects = newSubjects;
        head = 0;
    }
}
