package dev.pgpool.core.internal.auth;

import dev.pgpool.core.internal.auth.ClientAuthenticator.Verdict;
import io.netty.buffer.ByteBuf;

/** One method of asking a client for its secret; contracts as in {@link ClientAuthenticator}. */
interface ClientExchange {

    void begin(ByteBuf out);

    boolean needsOffload();

    Verdict onResponse(ByteBuf body, ByteBuf out);
}
