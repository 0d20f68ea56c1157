package dev.pgpool.core.internal.auth;

import dev.pgpool.core.auth.ClientAuthentication;
import dev.pgpool.core.auth.Credential;
import dev.pgpool.core.config.ChannelBinding;
import io.netty.buffer.ByteBuf;
import java.security.SecureRandom;
import org.jspecify.annotations.Nullable;

/**
 * Authenticates one client: we are the server.
 *
 * <pre>
 *   begin --> [client's 'p'] --> onResponse --> CONTINUE (back to 'p') | ACCEPTED | REJECTED
 *         `-> acceptedAtOnce (trust)
 * </pre>
 *
 * <p>Used by one thread at a time. A user without a usable secret goes through the same exchange as every other user, at
 * the same cost, and is rejected at its end. Whatever the client sends, the outcome is a verdict or an {@link
 * AuthenticationProtocolException}. AuthenticationOk is the caller's to send.
 */
public final class ClientAuthenticator {

    /** What a message of the client led to. */
    public enum Verdict {
        /** Another message was appended; the client will answer. */
        CONTINUE,
        /** The client is who it says it is. What was appended, if anything, goes out before AuthenticationOk. */
        ACCEPTED,
        /** The client is not let in, and is not told why. Nothing was appended. */
        REJECTED
    }

    private final @Nullable ClientExchange exchange;
    private boolean begun;
    private boolean ended;

    /**
     * Prepares the exchange; sends nothing yet.
     *
     * @param method how clients are authenticated
     * @param user the user of the startup message
     * @param credential the user's secret; null if the user is unknown
     * @param random for challenges and nonces
     */
    public ClientAuthenticator(
            ClientAuthentication method, String user, @Nullable Credential credential, SecureRandom random) {
        this(method, user, credential, random, KeyDeriver.SHARED);
    }

    ClientAuthenticator(
            ClientAuthentication method,
            String user,
            @Nullable Credential credential,
            SecureRandom random,
            KeyDeriver deriver) {
        this.exchange = switch (method) {
            case TRUST -> null;
            case PASSWORD -> new CleartextExchange(user, credential, deriver);
            case MD5 ->
                ScramExchange.verifierOf(credential) != null
                        ? new ScramExchange(user, credential, random, deriver)
                        : new Md5Exchange(user, credential, random);
            case SCRAM_SHA_256 -> new ScramExchange(user, credential, random, deriver);
            case CERT, PEER, AUTHENTICATOR, LDAP, REJECT ->
                throw new IllegalArgumentException(method + " (expected: a method that asks for a secret we hold)");
        };
    }

    /**
     * Says that the client's connection is encrypted, so that SCRAM can be bound to it; before {@link #begin}.
     *
     * @param serverEndPoint {@code tls-server-end-point} of our certificate; null if there is none to bind to
     * @param wanted whether to offer it, and whether to accept nothing else in a SCRAM exchange
     */
    public void encrypted(byte @Nullable [] serverEndPoint, ChannelBinding wanted) {
        if (exchange != null && wanted != ChannelBinding.DISABLE) {
            exchange.encrypted(serverEndPoint, wanted == ChannelBinding.REQUIRE);
        }
    }

    /** Whether the client is asked by SASL. */
    public boolean isSasl() {
        return exchange instanceof ScramExchange;
    }

    /** Whether nothing is asked: the client is accepted without a message. */
    public boolean acceptedAtOnce() {
        return exchange == null;
    }

    /**
     * Appends the whole message that asks the client for its secret; nothing for {@link ClientAuthentication#TRUST}.
     *
     * @param out where to append; stays the caller's
     */
    public void begin(ByteBuf out) {
        if (begun) {
            throw new IllegalStateException("begin was called before");
        }
        begun = true;
        if (exchange != null) {
            exchange.begin(out);
        }
    }

    /**
     * Whether the next {@link #onResponse} may derive keys from a password, which takes milliseconds, and should
     * therefore not run on an event loop. Cheap; asked before each response.
     */
    public boolean needsOffload() {
        return exchange != null && begun && !ended && exchange.needsOffload();
    }

    /**
     * Handles one {@code p} message of the client.
     *
     * @param body the readable bytes are the message's body; lent for the duration of the call, indexes unchanged
     * @param out where to append the next message; stays the caller's
     * @throws AuthenticationProtocolException if the message is malformed or not due; the client is not let in
     */
    public Verdict onResponse(ByteBuf body, ByteBuf out) {
        if (exchange == null || !begun || ended) {
            throw new AuthenticationProtocolException("unexpected password message");
        }
        // Whatever happens below, an exchange goes on only if it says so itself.
        ended = true;
        Verdict verdict = exchange.onResponse(body, out);
        ended = verdict != Verdict.CONTINUE;
        return verdict;
    }

    /**
     * What the client has shown on its way in, by which we can log in to a server as this user: the ClientKey of the verifier
     * that the client was checked against. Null if it was not accepted, or has shown nothing that we did not know.
     */
    public @Nullable Credential proven() {
        return exchange != null && ended ? exchange.proven() : null;
    }
}
