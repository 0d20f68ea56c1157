package dev.pgpool.core.internal.prepared;

import dev.pgpool.core.internal.sql.SessionEffects;

/**
 * What a client's statement without a name was before a message changed it: should the server skip that message, it is what it
 * was. Confined to the event loop of the client.
 */
public final class Unnamed {
    private final long madeIn;
    private byte[] body;
    private int length;
    private SessionEffects effects;
    private long version;

    Unnamed(long madeIn, byte[] body, int length, SessionEffects effects, long version) {
        this.madeIn = madeIn;
        this.body = body;
        this.length = length;
        this.effects = effects;
        this.version = version;
    }

    /** No statement, left by no batch. */
    public static Unnamed none() {
        return new Unnamed(-1, ClientStatements.NONE, 0, SessionEffects.NONE, 0);
    }

    /** Whether it is what the given batch has left. */
    public boolean isLeftBy(long batch) {
        return madeIn == batch;
    }

    /** What made it was skipped itself: it was this. */
    public void become(Unnamed other) {
        body = other.body;
        length = other.length;
        effects = other.effects;
        version = other.version;
    }

    /** What made it has failed: there was none. */
    public void becomeNone() {
        body = ClientStatements.NONE;
        length = 0;
        effects = SessionEffects.NONE;
        version = 0;
    }

    byte[] body() {
        return body;
    }

    int length() {
        return length;
    }

    SessionEffects effects() {
        return effects;
    }

    long version() {
        return version;
    }
}
