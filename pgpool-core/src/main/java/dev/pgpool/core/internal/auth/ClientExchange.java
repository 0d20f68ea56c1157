package dev.pgpool.core.internal.auth;

import dev.pgpool.core.auth.Credential;
import dev.pgpool.core.internal.auth.ClientAuthenticator.Verdict;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/** One method of asking a client for its secret; contracts as in {@link ClientAuthenticator}. */
interface ClientExchange {

    /**
     * The connection is encrypted, and this identifies our end of it; before {@link #begin}.
     *
     * @param serverEndPoint null if nothing does
     * @param required whether an exchange that can be bound must be
     */
    default void encrypted(byte @Nullable [] serverEndPoint, boolean required) {}

    void begin(ByteBuf out);

    boolean needsOffload();

    Verdict onResponse(ByteBuf body, ByteBuf out);

    /** What an accepted client has shown, by which we can log in as the user; null if that is nothing. */
    default @Nullable Credential proven() {
        return null;
    }
}
