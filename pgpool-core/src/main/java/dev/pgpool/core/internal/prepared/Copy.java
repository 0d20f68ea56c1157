package dev.pgpool.core.internal.prepared;

import org.jspecify.annotations.Nullable;

/**
 * What one server made of a statement when it parsed it: under the catalog and the settings of that moment, which it keeps.
 * So a copy has an age, and is good for a name of a client only if it is no older than the name.
 *
 * <p>Confined to the event loop of the server.
 */
public final class Copy {
    /** The age of a copy that is good only for the name that it was made for. */
    static final long NOT_SHARED = Long.MIN_VALUE;

    private enum State {
        SENT,
        CONFIRMED,
        UNCERTAIN
    }

    private final long batch;
    /** Whether the server has settled the types of its parameters. */
    private final boolean open;

    private int @Nullable [] types;
    private State state = State.SENT;
    private long age;
    private int shape;
    /** The session that {@link #names} counts for: an earlier one's names are of no interest. */
    private long session;

    private int names;

    Copy(boolean open, long batch, long age) {
        this.open = open;
        this.batch = batch;
        this.age = age;
    }

    /**
     * Whether it was parsed for this name; or after the name was given and the transaction that gave it had ended, and takes the
     * same parameters.
     */
    @SuppressWarnings("ReferenceEquality") // types are shared
    boolean isGoodFor(ClientStatements.Named named) {
        return this == named.copy() || (age >= named.since() && (!open || (types != null && types == named.types())));
    }

    /** The server has said which parameters it takes. */
    void takes(int[] settled) {
        types = settled;
    }

    /** What it returns, see {@link RowShape}; 0 if that is not known. */
    public int shape() {
        return shape;
    }

    /** The server has said what it returns. */
    public void shapeIs(int now) {
        shape = now;
    }

    /** A name of this session was given to exactly this copy. */
    public void hold(long holder) {
        if (session != holder) {
            session = holder;
            names = 0;
        }
        names++;
    }

    /** The name was taken away. */
    public void letGo(long holder) {
        if (session == holder) {
            names--;
        }
    }

    /** Whether a name of this session still stands for exactly this copy. */
    public boolean isHeld(long holder) {
        return session == holder && names > 0;
    }

    long batch() {
        return batch;
    }

    /** Whether a message of this batch may rely on it. */
    boolean isThere(long asking) {
        return state == State.CONFIRMED || (state == State.SENT && batch == asking);
    }

    boolean isSent() {
        return state == State.SENT;
    }

    void confirmed(long answered) {
        if (state == State.SENT && batch == answered) {
            state = State.CONFIRMED;
        }
    }

    void distrust() {
        state = State.UNCERTAIN;
    }

    void notShared() {
        age = NOT_SHARED;
    }
}
