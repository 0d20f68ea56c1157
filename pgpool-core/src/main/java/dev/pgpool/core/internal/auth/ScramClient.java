package dev.pgpool.core.internal.auth;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;

/**
 * The client's half of a SCRAM exchange, as texts. Without channel binding, unless told. Knows no password: the keys come from the
 * caller, who gets them from a password or has them already.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc5802#section-5">RFC 5802, SCRAM authentication exchange</a>
 */
final class ScramClient {

    /** Each iteration costs us CPU at the word of the server; PostgreSQL's default is 4096. */
    static final int MAX_ITERATIONS = 1_000_000;

    private final String ownNonce;
    private final String firstBare;
    private String gs2Header = "n,,";
    private byte[] binding = {};
    private byte[] expectedSignature = {};

    /**
     * Starts an exchange.
     *
     * @param saslName the user name as it goes into the message; PostgreSQL ignores it, and libpq leaves it empty
     */
    ScramClient(String saslName, String ownNonce) {
        this.ownNonce = ownNonce;
        this.firstBare = "n=" + saslName + ",r=" + ownNonce;
    }

    /** Binds the exchange to what identifies the server's end of the connection; before the first message. */
    void bind(byte[] serverEndPoint) {
        gs2Header = AuthenticationMessages.BOUND + ",,";
        binding = serverEndPoint;
    }

    /** Says that we would bind if the server could; a server that can learns that its offer was taken away on the way. */
    void wouldBind() {
        gs2Header = "y,,";
    }

    byte[] first() {
        return (gs2Header + firstBare).getBytes(ISO_8859_1);
    }

    /** Reads and checks the server's first message; changes nothing. */
    ServerFirst read(byte[] message) {
        var attributes = new ScramAttributes(message);
        String nonce = attributes.nonce();
        if (!nonce.startsWith(ownNonce) || nonce.length() == ownNonce.length()) {
            throw ScramAttributes.malformed("nonce of the server does not continue ours");
        }
        String salt = Base64.getEncoder().encodeToString(attributes.base64('s'));
        int iterations = iterations(attributes.value('i'));
        if (!attributes.atEnd()) {
            throw ScramAttributes.malformed("garbage at the end of server-first-message");
        }
        return new ServerFirst(attributes.whole(), nonce, salt, iterations);
    }

    /** The message that proves to the server that we know the password of these keys. */
    byte[] last(ServerFirst serverFirst, ScramKeys keys) {
        String withoutProof = "c=" + channel() + ",r=" + serverFirst.nonce;
        byte[] authMessage = (firstBare + ',' + serverFirst.text + ',' + withoutProof).getBytes(ISO_8859_1);
        expectedSignature = keys.serverSignature(authMessage);
        String proof = Base64.getEncoder().encodeToString(keys.clientProof(authMessage));
        return (withoutProof + ",p=" + proof).getBytes(ISO_8859_1);
    }

    private String channel() {
        byte[] header = gs2Header.getBytes(ISO_8859_1);
        byte[] channel = Arrays.copyOf(header, header.length + binding.length);
        System.arraycopy(binding, 0, channel, header.length, binding.length);
        return Base64.getEncoder().encodeToString(channel);
    }

    /** Checks that the server knows the password, too; throws if it does not. */
    void verify(byte[] serverFinal) {
        var attributes = new ScramAttributes(serverFinal);
        if (attributes.startsWith("e=")) {
            throw new AuthenticationProtocolException(
                    AuthenticationProtocolException.INVALID_AUTHORIZATION,
                    "server refused the SCRAM exchange: "
                            + AuthenticationProtocolException.quoted(attributes.value('e')));
        }
        byte[] signature = attributes.base64('v');
        if (!attributes.atEnd()) {
            throw ScramAttributes.malformed("garbage at the end of server-final-message");
        }
        if (!MessageDigest.isEqual(signature, expectedSignature)) {
            throw new AuthenticationProtocolException(
                    AuthenticationProtocolException.INVALID_AUTHORIZATION,
                    "server does not know the password: its SCRAM signature is wrong");
        }
    }

    private static int iterations(String digits) {
        boolean number =
                !digits.isEmpty() && digits.length() <= 10 && digits.chars().allMatch(c -> c >= '0' && c <= '9');
        long count = number ? Long.parseLong(digits) : 0;
        if (count < 1 || count > MAX_ITERATIONS) {
            throw ScramAttributes.malformed("iteration count " + AuthenticationProtocolException.quoted(digits)
                    + ", expected 1 to " + MAX_ITERATIONS);
        }
        return (int) count;
    }

    /** What the server said: the whole text, the common nonce, the salt in Base64, the iteration count. */
    record ServerFirst(String text, String nonce, String salt, int iterations) {
        byte[] saltBytes() {
            return Base64.getDecoder().decode(salt);
        }
    }
}
