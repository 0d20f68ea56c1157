package dev.pgpool.core.internal.link;

/**
 * A COPY FROM STDIN: whether the server takes data, and whether it is known how many ReadyForQuery messages it owes. It ignores
 * a Sync that arrives while it takes data (see CopyGetData in PostgreSQL's copyfromparse.c). If the COPY fails while a Sync is
 * on its way, only the server knows whether it took that Sync for a part of the COPY or for the end of the batch.
 *
 * <pre>
 *   idle ──CopyInResponse──> taking data ──CopyDone, CopyFail, answer, error──> idle
 *
 *   EXACT ──error after a Sync was sent into the COPY──> INEXACT ──at rest──> RESYNCING
 *     ^                                                                          │
 *     └─────────────────────the server's answer behind everything────────────────┘
 * </pre>
 *
 * <p>Part of a link and reused like it. Confined to the event loop.
 */
final class CopyIn {
    /** What is known of the ReadyForQuery messages that the server owes. */
    enum Count {
        /** As many as there are expected replies that end in one. */
        EXACT,
        /** Maybe one more. */
        INEXACT,
        /** Maybe one more; {@link Resync} is finding out. */
        RESYNCING
    }

    private boolean takingData;
    /** Syncs that the server ignores if the COPY goes well. */
    private int syncs;

    private Count count = Count.EXACT;

    /** A new client begins. */
    void begin() {
        takingData = false;
        syncs = 0;
        count = Count.EXACT;
    }

    Count count() {
        return count;
    }

    /** Whether the server waits for COPY data. */
    boolean isTakingData() {
        return takingData;
    }

    /** Whether the server may send a ReadyForQuery more than is owed. */
    boolean isInexact() {
        return count != Count.EXACT;
    }

    /** Whether the server is being asked where it stands. */
    boolean isResyncing() {
        return count == Count.RESYNCING;
    }

    /**
     * The server asks for data.
     *
     * @param syncsBehind Syncs that were sent behind the COPY already
     * @param ended whether its client has ended it already
     */
    void onCopyInResponse(int syncsBehind, boolean ended) {
        syncs = syncsBehind;
        takingData = !ended;
    }

    /** The client sends a Sync; true if the server is going to ignore it, unless the COPY fails before. */
    boolean takesSync() {
        if (takingData) {
            syncs++;
        }
        return takingData;
    }

    /** The client has sent CopyDone or CopyFail. */
    void onEnded() {
        takingData = false;
    }

    /** The server has obeyed a statement: the Syncs that were sent into its COPY are gone. */
    void onCommandComplete() {
        syncs = 0;
    }

    /** The message that began the COPY is answered. */
    void onAnswered() {
        takingData = false;
    }

    /** The server has sent an error. */
    void onError() {
        takingData = false;
        if (syncs > 0 && count == Count.EXACT) {
            count = Count.INEXACT;
        }
    }

    /** The server is asked where it stands. */
    void onResync() {
        count = Count.RESYNCING;
    }

    /** It is known where the server stands. */
    void onResynced() {
        count = Count.EXACT;
        syncs = 0;
    }
}
