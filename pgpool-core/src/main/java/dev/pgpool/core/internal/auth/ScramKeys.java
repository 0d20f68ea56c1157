package dev.pgpool.core.internal.auth;

import dev.pgpool.core.auth.Credential;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * The keys of one password under one salt and iteration count, and the proofs made with them. Immutable.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc5802#section-3">RFC 5802, SCRAM algorithm overview</a>
 */
final class ScramKeys {

    static final int LENGTH = 32;

    private static final String HMAC = "HmacSHA256";
    private static final String HASH = "SHA-256";

    /** Known from a password or a proof; a verifier does not have it. */
    private final byte @Nullable [] clientKey;

    private final byte[] storedKey;
    private final byte[] serverKey;

    private ScramKeys(byte @Nullable [] clientKey, byte[] storedKey, byte[] serverKey) {
        this.clientKey = clientKey;
        this.storedKey = storedKey;
        this.serverKey = serverKey;
    }

    static ScramKeys ofSaltedPassword(byte[] saltedPassword) {
        byte[] clientKey = hmac(saltedPassword, "Client Key".getBytes(StandardCharsets.US_ASCII));
        byte[] serverKey = hmac(saltedPassword, "Server Key".getBytes(StandardCharsets.US_ASCII));
        return new ScramKeys(clientKey, hash(clientKey), serverKey);
    }

    static ScramKeys ofVerifier(Credential.ScramVerifier verifier) {
        Base64.Decoder base64 = Base64.getDecoder();
        return new ScramKeys(null, base64.decode(verifier.storedKey()), base64.decode(verifier.serverKey()));
    }

    static ScramKeys ofClientKey(Credential.ScramClientKey key) {
        Base64.Decoder base64 = Base64.getDecoder();
        return new ScramKeys(
                base64.decode(key.clientKey()),
                base64.decode(key.verifier().storedKey()),
                base64.decode(key.verifier().serverKey()));
    }

    static byte[] hmac(byte[] key, byte[] message) {
        try {
            Mac mac = Mac.getInstance(HMAC);
            mac.init(new SecretKeySpec(key, HMAC));
            return mac.doFinal(message);
        } catch (GeneralSecurityException e) {
            throw missing(HMAC);
        }
    }

    private static byte[] hash(byte[] key) {
        try {
            return MessageDigest.getInstance(HASH).digest(key);
        } catch (GeneralSecurityException e) {
            throw missing(HASH);
        }
    }

    private static AuthenticationProtocolException missing(String algorithm) {
        return new AuthenticationProtocolException(
                AuthenticationProtocolException.FEATURE_NOT_SUPPORTED,
                "SCRAM-SHA-256 is not possible: this JVM has no " + algorithm);
    }

    /** One XOR the other; what exceeds the shorter is left out. */
    private static byte[] xor(byte[] one, byte[] other) {
        byte[] result = new byte[Math.min(one.length, other.length)];
        for (int i = 0; i < result.length; i++) {
            result[i] = (byte) (one[i] ^ other[i]);
        }
        return result;
    }

    /** ClientKey XOR HMAC(StoredKey, AuthMessage): what a client sends to show that it knows the password. */
    byte[] clientProof(byte[] authMessage) {
        if (clientKey == null) {
            throw new IllegalStateException("a SCRAM verifier cannot prove itself to a server");
        }
        return xor(clientKey, hmac(storedKey, authMessage));
    }

    /**
     * The ClientKey that the proof was made with, if it was made with the password of these keys, else null. Takes the
     * same time whatever the proof.
     */
    byte @Nullable [] clientKeyOf(byte[] proof, byte[] authMessage) {
        byte[] claimedKey = xor(hmac(storedKey, authMessage), proof);
        return MessageDigest.isEqual(hash(claimedKey), storedKey) ? claimedKey : null;
    }

    /** These keys as a credential, if they are those of the verifier and prove it; else null. */
    Credential.@Nullable ScramClientKey proving(Credential.ScramVerifier verifier) {
        byte[] key = clientKey;
        if (key == null || !MessageDigest.isEqual(storedKey, Base64.getDecoder().decode(verifier.storedKey()))) {
            return null;
        }
        return clientKey(verifier, key);
    }

    static Credential.ScramClientKey clientKey(Credential.ScramVerifier verifier, byte[] clientKey) {
        return new Credential.ScramClientKey(verifier, Base64.getEncoder().encodeToString(clientKey));
    }

    byte[] serverSignature(byte[] authMessage) {
        return hmac(serverKey, authMessage);
    }

    /** Whether both come from one password; compares the ServerKey, as PostgreSQL does. */
    boolean sameServerKey(ScramKeys other) {
        return MessageDigest.isEqual(serverKey, other.serverKey);
    }
}
