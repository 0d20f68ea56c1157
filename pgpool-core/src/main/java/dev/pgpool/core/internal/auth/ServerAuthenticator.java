package dev.pgpool.core.internal.auth;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.pgpool.core.auth.Credential;
import dev.pgpool.core.config.ChannelBinding;
import dev.pgpool.core.internal.auth.ScramClient.ServerFirst;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Authenticates us to a server: we are the client, and answer whatever the server asks.
 *
 * <pre>
 *   STARTED --CleartextPassword, MD5Password--> ANSWERED ------------------------.
 *      |----SASL--> SCRAM_FIRST --SASLContinue--> SCRAM_LAST --SASLFinal--> SCRAM_VERIFIED
 *      |                                                                         |
 *      `----------------------------- AuthenticationOk ------------------------> DONE
 * </pre>
 *
 * <p>AuthenticationOk in the middle of a SCRAM exchange is refused: such a server has not shown that it knows the
 * password. Used by one thread at a time.
 */
public final class ServerAuthenticator {

    private static final int MD5_SALT_BYTES = 4;

    /** Longer lists of mechanisms than this are shortened in messages. */
    private static final int MAX_MECHANISMS = 8;

    private enum Step {
        STARTED,
        ANSWERED,
        SCRAM_FIRST,
        SCRAM_LAST,
        SCRAM_VERIFIED,
        DONE
    }

    private final String user;
    private final @Nullable Credential credential;
    private final KeyDeriver deriver;
    private final ScramClient scram;
    private final ServerBinding binding;
    private Step step = Step.STARTED;
    private @Nullable Derived derived;

    /**
     * Prepares to answer.
     *
     * @param user the user of the startup message that we sent
     * @param credential what we know of the user's secret; null if nothing
     * @param random for nonces
     */
    public ServerAuthenticator(String user, @Nullable Credential credential, SecureRandom random) {
        this(user, credential, random, ChannelBinding.PREFER);
    }

    /** @param channelBinding whether SCRAM is bound to the connection, if that is encrypted */
    public ServerAuthenticator(
            String user, @Nullable Credential credential, SecureRandom random, ChannelBinding channelBinding) {
        this(
                user,
                credential,
                new ScramClient("", ScramExchange.nonce(random)),
                KeyDeriver.SHARED,
                new ServerBinding(channelBinding));
    }

    ServerAuthenticator(String user, @Nullable Credential credential, ScramClient scram, KeyDeriver deriver) {
        this(user, credential, scram, deriver, new ServerBinding(ChannelBinding.PREFER));
    }

    private ServerAuthenticator(
            String user,
            @Nullable Credential credential,
            ScramClient scram,
            KeyDeriver deriver,
            ServerBinding binding) {
        this.binding = binding;
        this.user = user;
        this.credential = credential;
        this.scram = scram;
        this.deriver = deriver;
    }

    /**
     * Says that the connection is encrypted; before the first message.
     *
     * @param serverEndPoint {@code tls-server-end-point} of the server's certificate; null if there is none to bind to
     */
    public void encrypted(byte @Nullable [] serverEndPoint) {
        binding.encrypted(serverEndPoint);
    }

    /**
     * Whether {@link #onAuthentication} with this body would derive keys from a password, which takes milliseconds (at
     * the server's word, up to a second), and should therefore not run on an event loop. Cheap; does not throw.
     *
     * @param body as for {@link #onAuthentication}
     */
    public boolean needsOffload(ByteBuf body) {
        if (step != Step.SCRAM_FIRST || !(credential instanceof Credential.Plain plain)) {
            return false;
        }
        try {
            Request request = Request.read(body);
            if (request.code != AuthenticationMessages.SASL_CONTINUE) {
                return false;
            }
            ServerFirst first = scram.read(request.payload);
            return deriver.remembered(plain.password(), first.salt(), first.iterations()) == null;
        } catch (AuthenticationProtocolException e) {
            // onAuthentication will throw the same, at once.
            return false;
        }
    }

    /**
     * Handles one {@code R} message of the server.
     *
     * @param body the readable bytes are the message's body; lent for the duration of the call, indexes unchanged
     * @param out where to append our answer, if there is one to give; stays the caller's
     * @return true when the server has let us in, and has proven itself if it asked for SCRAM
     * @throws AuthenticationProtocolException if the message is malformed or not due, if the server asks for what we do
     *     not have, or if it does not know the password; the connection is then of no use
     */
    public boolean onAuthentication(ByteBuf body, ByteBuf out) {
        Request request = Request.read(body);
        binding.check(request.code);
        switch (request.code) {
            case AuthenticationMessages.OK -> onOk(request);
            case AuthenticationMessages.CLEARTEXT_PASSWORD -> onCleartextPassword(request, out);
            case AuthenticationMessages.MD5_PASSWORD -> onMd5Password(request, out);
            case AuthenticationMessages.SASL -> onSasl(request, out);
            case AuthenticationMessages.SASL_CONTINUE -> onSaslContinue(request, out);
            case AuthenticationMessages.SASL_FINAL -> onSaslFinal(request);
            default -> throw unsupported(request.name());
        }
        return step == Step.DONE;
    }

    private void onOk(Request request) {
        request.requireLength(0);
        if (step == Step.SCRAM_FIRST || step == Step.SCRAM_LAST) {
            throw new AuthenticationProtocolException(
                    AuthenticationProtocolException.INVALID_AUTHORIZATION,
                    "server ended the SCRAM exchange before it had proven that it knows the password");
        }
        if (step == Step.DONE) {
            throw notDue(request);
        }
        step = Step.DONE;
    }

    private void onCleartextPassword(Request request, ByteBuf out) {
        request.requireLength(0);
        requireStep(Step.STARTED, request);
        if (!(credential instanceof Credential.Plain plain)) {
            throw lacking("cleartext password");
        }
        AuthenticationMessages.appendPassword(out, plain.password().getBytes(UTF_8));
        step = Step.ANSWERED;
    }

    private void onMd5Password(Request request, ByteBuf out) {
        request.requireLength(MD5_SALT_BYTES);
        requireStep(Step.STARTED, request);
        byte[] stored;
        if (credential instanceof Credential.Plain plain) {
            stored = Md5Digest.ofPassword(plain.password().getBytes(UTF_8), user);
        } else if (credential instanceof Credential.Md5 md5) {
            stored = md5.digest().getBytes(US_ASCII);
        } else {
            throw lacking("md5 password");
        }
        AuthenticationMessages.appendPassword(out, Md5Digest.response(stored, request.payload));
        step = Step.ANSWERED;
    }

    private void onSasl(Request request, ByteBuf out) {
        requireStep(Step.STARTED, request);
        List<String> mechanisms = mechanisms(request.payload);
        String chosen = binding.choose(mechanisms, scram);
        if (chosen == null) {
            throw unsupported("SASL mechanisms "
                    + String.join(
                            ", ",
                            mechanisms.stream()
                                    .limit(MAX_MECHANISMS)
                                    .map(AuthenticationProtocolException::quoted)
                                    .toList()));
        }
        if (!(credential instanceof Credential.Plain || credential instanceof Credential.ScramClientKey)) {
            throw lacking(AuthenticationMessages.SCRAM_SHA_256);
        }
        byte[] mechanism = (chosen + '\0').getBytes(US_ASCII);
        byte[] first = scram.first();
        ByteBuffer response = ByteBuffer.allocate(mechanism.length + Integer.BYTES + first.length)
                .put(mechanism)
                .putInt(first.length)
                .put(first);
        AuthenticationMessages.appendSaslResponse(out, response.array());
        step = Step.SCRAM_FIRST;
    }

    private void onSaslContinue(Request request, ByteBuf out) {
        requireStep(Step.SCRAM_FIRST, request);
        ServerFirst first = scram.read(request.payload);
        ScramKeys keys;
        if (credential instanceof Credential.ScramClientKey key) {
            keys = keys(key, first);
        } else if (credential instanceof Credential.Plain plain) {
            keys = keys(plain, first);
        } else {
            throw lacking(AuthenticationMessages.SCRAM_SHA_256);
        }
        AuthenticationMessages.appendSaslResponse(out, scram.last(first, keys));
        step = Step.SCRAM_LAST;
    }

    private ScramKeys keys(Credential.Plain plain, ServerFirst first) {
        ScramKeys known = deriver.remembered(plain.password(), first.salt(), first.iterations());
        if (known != null) {
            return known;
        }
        ScramKeys keys = deriver.derive(plain.password(), first.saltBytes(), first.iterations());
        derived = new Derived(plain.password(), first, keys);
        return keys;
    }

    /** A key proves itself to one verifier only: nothing is sent to a server that has another. */
    private ScramKeys keys(Credential.ScramClientKey key, ServerFirst first) {
        Credential.ScramVerifier verifier = key.verifier();
        boolean same = verifier.iterations() == first.iterations()
                && Arrays.equals(Base64.getDecoder().decode(verifier.salt()), first.saltBytes());
        if (!same) {
            throw new AuthenticationProtocolException(
                    AuthenticationProtocolException.INVALID_AUTHORIZATION,
                    "server has another SCRAM verifier for user " + AuthenticationProtocolException.quoted(user)
                            + " than the one that a client has logged in with"
                            + " (expected: the same salt and iteration count)");
        }
        return ScramKeys.ofClientKey(key);
    }

    private void onSaslFinal(Request request) {
        requireStep(Step.SCRAM_LAST, request);
        scram.verify(request.payload);
        if (derived != null) {
            // Only now, so that a server that is not ours cannot push out what others need.
            ServerFirst first = derived.first;
            deriver.remember(derived.password, first.salt(), first.iterations(), derived.keys);
            derived = null;
        }
        step = Step.SCRAM_VERIFIED;
    }

    /** The C strings of a list that an empty one ends. */
    private static List<String> mechanisms(byte[] list) {
        List<String> names = new ArrayList<>();
        int start = 0;
        for (int i = 0; i < list.length; i++) {
            if (list[i] != 0) {
                continue;
            }
            if (i == start) {
                if (i == list.length - 1) {
                    return names;
                }
                break;
            }
            names.add(new String(list, start, i - start, US_ASCII));
            start = i + 1;
        }
        throw new AuthenticationProtocolException("malformed list of SASL mechanisms from the server");
    }

    private void requireStep(Step due, Request request) {
        if (step != due) {
            throw notDue(request);
        }
    }

    private AuthenticationProtocolException notDue(Request request) {
        return new AuthenticationProtocolException("server sent " + request.name() + " out of turn (" + step + ")");
    }

    private AuthenticationProtocolException unsupported(String what) {
        return new AuthenticationProtocolException(
                AuthenticationProtocolException.FEATURE_NOT_SUPPORTED,
                "server asked for " + what + " for user " + AuthenticationProtocolException.quoted(user)
                        + " (supported: trust, cleartext password, md5, SCRAM-SHA-256, SCRAM-SHA-256-PLUS)");
    }

    private AuthenticationProtocolException lacking(String asked) {
        String known = "no secret is known";
        String remedy = "";
        if (credential instanceof Credential.Md5) {
            known = "only an MD5 digest is known";
        } else if (credential instanceof Credential.ScramVerifier) {
            known = "only a SCRAM verifier is known";
            if (asked.equals(AuthenticationMessages.SCRAM_SHA_256)) {
                // what a pool without clients meets, when all it has is the verifiers of its server
                remedy = " (its key is known as soon as a client has logged in as this user by SCRAM-SHA-256)";
            }
        } else if (credential instanceof Credential.ScramClientKey) {
            known = "only a SCRAM key is known";
        }
        return new AuthenticationProtocolException(
                AuthenticationProtocolException.INVALID_AUTHORIZATION,
                "server asked for " + asked + " but " + known + " for user "
                        + AuthenticationProtocolException.quoted(user) + remedy,
                AuthenticationProtocolException.WRONG_SECRET);
    }

    /** Keys that wait for the server's proof before they are remembered. */
    private record Derived(String password, ServerFirst first, ScramKeys keys) {
        @Override
        public String toString() {
            return "Derived[<redacted>]";
        }
    }

    /** The code of an {@code R} message and what follows it. */
    private static final class Request {

        private final int code;
        private final byte[] payload;

        private Request(int code, byte[] payload) {
            this.code = code;
            this.payload = payload;
        }

        static Request read(ByteBuf body) {
            int length = body.readableBytes();
            if (length < Integer.BYTES || length > Integer.BYTES + AuthenticationMessages.MAX_SASL_MESSAGE) {
                throw new AuthenticationProtocolException("authentication request of the server has " + length
                        + " bytes (expected: 4 to " + (Integer.BYTES + AuthenticationMessages.MAX_SASL_MESSAGE) + ")");
            }
            int start = body.readerIndex();
            return new Request(
                    body.getInt(start), ByteBufUtil.getBytes(body, start + Integer.BYTES, length - Integer.BYTES));
        }

        void requireLength(int length) {
            if (payload.length != length) {
                throw new AuthenticationProtocolException(
                        name() + " of the server carries " + payload.length + " bytes (expected: " + length + ")");
            }
        }

        /** In the words of PostgreSQL's documentation. */
        String name() {
            return switch (code) {
                case AuthenticationMessages.OK -> "AuthenticationOk";
                case 2 -> "AuthenticationKerberosV5";
                case AuthenticationMessages.CLEARTEXT_PASSWORD -> "AuthenticationCleartextPassword";
                case AuthenticationMessages.MD5_PASSWORD -> "AuthenticationMD5Password";
                case 7 -> "AuthenticationGSS";
                case 8 -> "AuthenticationGSSContinue";
                case 9 -> "AuthenticationSSPI";
                case AuthenticationMessages.SASL -> "AuthenticationSASL";
                case AuthenticationMessages.SASL_CONTINUE -> "AuthenticationSASLContinue";
                case AuthenticationMessages.SASL_FINAL -> "AuthenticationSASLFinal";
                default -> "unknown authentication method " + code;
            };
        }
    }
}
