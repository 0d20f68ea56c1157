package dev.pgpool.core.internal.server;

import org.jspecify.annotations.Nullable;

/** Whose statement without a name a server has. Confined to the server's event loop. Hot path. */
public final class UnnamedOwner {
    private @Nullable Object owner;
    private long version;
    /** The batch in which it was sent; 0 when that has been obeyed. */
    private long batch;

    UnnamedOwner() {}

    /** Whether it is this version of this owner's, as far as the given batch may rely on it. */
    public boolean is(Object expected, long expectedVersion, long inBatch) {
        return owner == expected && version == expectedVersion && (batch == inBatch || batch == 0);
    }

    /** A Parse of it was sent in this batch. */
    public void became(Object newOwner, long newVersion, long inBatch) {
        owner = newOwner;
        version = newVersion;
        batch = inBatch;
    }

    /** There is none, or one that nothing is known of. */
    public void becameNone() {
        owner = null;
        version = 0;
        batch = 0;
    }

    /** The server has obeyed the Parse that was sent last; it was sent in this batch. */
    public void confirmed(long inBatch) {
        if (batch == inBatch) {
            batch = 0;
        }
    }

    /** A change of this batch has not happened: it is not known what the server has, unless a later batch decides that. */
    public void undone(long inBatch) {
        if (batch <= inBatch) {
            becameNone();
        }
    }
}
