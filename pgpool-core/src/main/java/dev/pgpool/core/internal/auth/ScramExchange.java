package dev.pgpool.core.internal.auth;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.pgpool.core.auth.Credential;
import dev.pgpool.core.internal.auth.ClientAuthenticator.Verdict;
import io.netty.buffer.ByteBuf;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * SCRAM-SHA-256 in PostgreSQL's SASL messages; SCRAM-SHA-256-PLUS where the connection is encrypted.
 *
 * <pre>
 *   SASL --> INITIAL -- mechanism, client-first --> FINAL -- client-final --> verdict
 *               `-- mechanism only --> FIRST -- client-first --^
 * </pre>
 *
 * <p>A user without a usable secret gets the salt and the iteration count that a user with a password in clear would.
 */
final class ScramExchange implements ClientExchange {

    /** PostgreSQL's SCRAM_RAW_NONCE_LEN. */
    private static final int NONCE_BYTES = 18;

    private enum Step {
        INITIAL,
        FIRST,
        FINAL
    }

    private final String user;
    private final Credential.@Nullable ScramVerifier verifier;
    private final @Nullable String password;
    private final KeyDeriver deriver;
    private final ScramServer scram;
    private final String salt;
    private final int iterations;
    private List<String> mechanisms = List.of(AuthenticationMessages.SCRAM_SHA_256);
    private Step step = Step.INITIAL;
    private @Nullable Credential proven;

    ScramExchange(String user, @Nullable Credential credential, SecureRandom random, KeyDeriver deriver) {
        this.user = user;
        this.deriver = deriver;
        this.verifier = verifierOf(credential);
        this.password =
                credential instanceof Credential.Plain p && !p.password().isEmpty() ? p.password() : null;
        this.scram = new ScramServer(nonce(random));
        String ownSalt = deriver.salt(user);
        this.salt = verifier == null ? ownSalt : verifier.salt();
        this.iterations = verifier == null ? KeyDeriver.DEFAULT_ITERATIONS : verifier.iterations();
    }

    /** What a client can be checked against, if it is a verifier or more than that. */
    static Credential.@Nullable ScramVerifier verifierOf(@Nullable Credential credential) {
        if (credential instanceof Credential.ScramClientKey key) {
            return key.verifier();
        }
        return credential instanceof Credential.ScramVerifier v ? v : null;
    }

    static String nonce(SecureRandom random) {
        byte[] nonce = new byte[NONCE_BYTES];
        random.nextBytes(nonce);
        return Base64.getEncoder().encodeToString(nonce);
    }

    @Override
    public void encrypted(byte @Nullable [] serverEndPoint, boolean required) {
        if (serverEndPoint != null) {
            scram.offer(serverEndPoint);
        }
        if (required) {
            mechanisms = List.of(AuthenticationMessages.SCRAM_SHA_256_PLUS);
        } else if (serverEndPoint != null) {
            mechanisms = List.of(AuthenticationMessages.SCRAM_SHA_256_PLUS, AuthenticationMessages.SCRAM_SHA_256);
        }
    }

    @Override
    public void begin(ByteBuf out) {
        // names of mechanisms, best first, each with its end; then the end of the list
        byte[] list = (String.join("\0", mechanisms) + "\0\0").getBytes(US_ASCII);
        AuthenticationMessages.appendRequest(out, AuthenticationMessages.SASL, list);
    }

    @Override
    public boolean needsOffload() {
        if (step != Step.FINAL) {
            return false;
        }
        return deriver.isNew(user) || (password != null && deriver.remembered(password, salt, iterations) == null);
    }

    @Override
    public @Nullable Credential proven() {
        return proven;
    }

    @Override
    public Verdict onResponse(ByteBuf body, ByteBuf out) {
        return switch (step) {
            case INITIAL -> initial(body, out);
            case FIRST ->
                first(
                        AuthenticationMessages.bytes(body, AuthenticationMessages.MAX_SASL_MESSAGE, "SASL response"),
                        out);
            case FINAL -> last(body, out);
        };
    }

    /** SASLInitialResponse: the mechanism as C string, the length of the response or -1, the response. */
    private Verdict initial(ByteBuf body, ByteBuf out) {
        byte[] message = AuthenticationMessages.bytes(body, AuthenticationMessages.MAX_SASL_MESSAGE, "SASL response");
        int nameEnd = body.bytesBefore((byte) 0);
        int header = nameEnd + 1 + Integer.BYTES;
        if (nameEnd < 0 || header > message.length) {
            throw ScramAttributes.malformed("SASL initial response is incomplete");
        }
        String mechanism = new String(message, 0, nameEnd, US_ASCII);
        if (!mechanisms.contains(mechanism)) {
            throw new AuthenticationProtocolException("client selected an invalid SASL authentication mechanism "
                    + AuthenticationProtocolException.quoted(mechanism) + " (offered: "
                    + String.join(", ", mechanisms) + ")");
        }
        if (mechanism.equals(AuthenticationMessages.SCRAM_SHA_256_PLUS)) {
            scram.bound();
        }
        int length = body.getInt(body.readerIndex() + nameEnd + 1);
        if (length == -1 && header == message.length) {
            AuthenticationMessages.appendRequest(out, AuthenticationMessages.SASL_CONTINUE, new byte[0]);
            step = Step.FIRST;
            return Verdict.CONTINUE;
        }
        if (length != message.length - header) {
            throw ScramAttributes.malformed("length does not match input length");
        }
        return first(Arrays.copyOfRange(message, header, message.length), out);
    }

    private Verdict first(byte[] clientFirst, ByteBuf out) {
        byte[] serverFirst = scram.first(clientFirst, salt, iterations);
        AuthenticationMessages.appendRequest(out, AuthenticationMessages.SASL_CONTINUE, serverFirst);
        step = Step.FINAL;
        return Verdict.CONTINUE;
    }

    private Verdict last(ByteBuf body, ByteBuf out) {
        // A client may repeat a nonce of the greatest length, and ours with it.
        scram.last(AuthenticationMessages.bytes(body, 2 * AuthenticationMessages.MAX_SASL_MESSAGE, "SASL response"));
        ScramKeys keys = keys();
        byte[] clientKey = scram.accept(keys);
        if (clientKey == null || (verifier == null && password == null)) {
            return Verdict.REJECTED;
        }
        if (verifier != null) {
            proven = ScramKeys.clientKey(verifier, clientKey);
        }
        AuthenticationMessages.appendRequest(out, AuthenticationMessages.SASL_FINAL, scram.serverFinal(keys));
        return Verdict.ACCEPTED;
    }

    /** Costs one derivation if the name is new, and none from then on; see {@link KeyDeriver}. */
    private ScramKeys keys() {
        if (password == null) {
            deriver.spendOnce(user);
            return verifier == null ? deriver.mockKeys() : ScramKeys.ofVerifier(verifier);
        }
        if (deriver.remembered(password, salt, iterations) == null) {
            deriver.known(user);
        }
        deriver.spendOnce(user);
        return deriver.keys(password, salt, iterations);
    }
}
