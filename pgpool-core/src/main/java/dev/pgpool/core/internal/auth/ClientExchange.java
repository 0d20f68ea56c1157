package dev.pgpool.core.internal.auth;

import dev.pgpool.core.auth.Credential;
import dev.pgpool.core.internal.auth.ClientAuthenticator.Verdict;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/** One method of asking a client for its secret; contracts as in {@link ClientAuthenticator}. */
interface ClientExchange {

    void begin(ByteBuf out);

    boolean needsOffload();

    Verdict onResponse(ByteBuf body, ByteBuf out);

    /** What an accepted client has shown, by which we can log in as he; null if that is nothing. */
    default @Nullable Credential proven() {
        return null;
    }
}
