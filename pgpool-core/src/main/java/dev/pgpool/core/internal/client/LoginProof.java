package dev.pgpool.core.internal.client;

import dev.pgpool.core.auth.ClientAuthentication;
import dev.pgpool.core.config.ChannelBinding;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a client was asked at its login, and what it has shown. No client can be asked twice. So after a change of the
 * configuration what it has shown before counts, if it would be asked exactly the same now. Confined to the client's event
 * loop.
 */
final class LoginProof {
    /**
     * What was asked of the client.
     *
     * @param binding to the encrypted connection; none without one
     * @param judge what its answer is judged by: the secret, or the host's authenticator
     */
    record Asked(ClientAuthentication method, Optional<ChannelBinding> binding, Object judge) {
        private static final Asked NOTHING = new Asked(ClientAuthentication.TRUST, Optional.empty(), "");
    }

    /**
     * What the client has shown, under terms that have changed since.
     *
     * @param lastMessage what is owed to the client for that
     */
    private record Shown(Asked to, ByteBuf lastMessage, LoginExchange.Admission admission) {}

    private LoginExchange.Admission admission = LoginExchange.Admission.PLAIN;
    private @Nullable Asked asked;
    private @Nullable Shown shown;

    /** The client is asked this. */
    void asked(Asked now) {
        asked = now;
    }

    /** The client is let in with this. */
    void accepted(LoginExchange.Admission with) {
        admission = with;
    }

    /** Whether the client has shown something under earlier terms. */
    boolean isFromBefore() {
        return shown != null;
    }

    /**
     * What the client was let in with under earlier terms, if these would ask for the same; null if they would not.
     *
     * @param now what the client would be asked now
     */
    LoginExchange.@Nullable Admission stillGoodFor(Asked now) {
        Shown before = shown;
        return before != null && before.to().equals(now) ? before.admission() : null;
    }

    /**
     * The terms have changed while the client was let in.
     *
     * @param lastMessage what is owed to the client once it is let in by the new terms, too
     */
    void keep(ByteBuf lastMessage) {
        Asked by = asked;
        if (by != null && shown == null) {
            shown = new Shown(by, lastMessage, admission);
        }
    }

    /**
     * The terms have changed since the client was let in.
     *
     * @param told whether the client was told that its authentication is over: then nothing can be asked of it any more
     */
    void keep(boolean told) {
        Asked by = asked;
        if (by != null || told) {
            shown = new Shown(by == null ? Asked.NOTHING : by, Unpooled.EMPTY_BUFFER, admission);
        }
    }

    /** What is owed to the client, which is let in; null if it is owed nothing. Belongs to the caller. */
    @Nullable
    ByteBuf takeLastMessage() {
        Shown before = shown;
        shown = null;
        return before == null ? null : before.lastMessage();
    }

    /** The client is gone. */
    void release() {
        ByteBuf owed = takeLastMessage();
        if (owed != null) {
            owed.release();
        }
    }
}
