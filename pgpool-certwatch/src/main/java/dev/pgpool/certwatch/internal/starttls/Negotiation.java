package dev.pgpool.certwatch.internal.starttls;

import io.netty.buffer.ByteBuf;

/**
 * One conversation that ends with the peer being ready for TLS. Used once, on one event loop. Buffers are lent: nothing
 * here releases them.
 */
public interface Negotiation {

    /** Writes what the client says first; nothing if the server speaks first. */
    default void open(ByteBuf out) {}

    /**
     * Reads what has arrived and writes what is to be answered.
     *
     * @param in all bytes not yet read; left alone if more are needed
     * @param out the answer
     * @return {@code true} when the peer is ready for TLS
     * @throws NegotiationException if it will not come to that
     */
    boolean onBytes(ByteBuf in, ByteBuf out) throws NegotiationException;

    /** Whether the peer may have said more already, for the handler that comes next. Not so before TLS: see the package. */
    default boolean mayBeFollowed() {
        return false;
    }

    /** What the negotiation is waiting for, for error messages. */
    String expectation();
}
