package dev.pgpool.core.internal.client;

import dev.pgpool.core.auth.Credential;
import dev.pgpool.core.internal.wire.ErrorFields;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/** What is asked of a client, and what becomes of its answers. Confined to the client's event loop. */
interface LoginExchange {

    /** Asks; appends the whole message. */
    void begin(ByteBuf out);

    /** The client has answered. Its bytes are the callee's. */
    void onResponse(ByteBuf body);

    /** Where the exchange leads; called on the client's event loop. */
    interface Outcome {
        /** An answer is being judged elsewhere: the client has to wait, see {@link #resumed}. */
        void paused();

        /** The judgement is there: the call that says so has been made, or follows within the same task. */
        void resumed();

        /** Another message for the client. */
        void goOn(ByteBuf message);

        /**
         * The client is let in.
         *
         * @param lastMessage goes out before the AuthenticationOk; may be empty
         * @param admission what the client brings along
         */
        void accepted(ByteBuf lastMessage, Admission admission);

        /**
         * The client is refused.
         *
         * @param reason for the log only
         */
        void refused(ErrorFields error, String reason);
    }

    /**
     * What an accepted client brings along.
     *
     * @param serverUser the user for servers, if the host's authenticator chose one
     * @param given the user's secret, if it gave one
     * @param shown what the client has shown of its own
     */
    record Admission(
            @Nullable String serverUser,
            @Nullable Credential given,
            @Nullable Credential shown) {
        /** Nothing. */
        static final Admission PLAIN = new Admission(null, null, null);
    }
}
