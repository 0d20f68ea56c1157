package dev.pgpool.core.internal.auth;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * The server's half of a SCRAM exchange, as texts. Without channel binding.
 *
 * <pre>
 *   client-first   n,,n=,r=abc           ->  first()
 *   server-first   r=abcXYZ,s=...,i=...  <-
 *   client-final   c=biws,r=abcXYZ,p=... ->  last()
 *   server-final   v=...                 <-  accept()
 * </pre>
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc5802#section-5">RFC 5802, SCRAM authentication exchange</a>
 */
final class ScramServer {

    private final String ownNonce;
    private String gs2Header = "";
    private String nonce = "";
    private String clientFirstBare = "";
    private String serverFirst = "";
    private byte[] authMessage = {};
    private byte[] proof = {};

    ScramServer(String ownNonce) {
        this.ownNonce = ownNonce;
    }

    /** Reads the client's first message and answers it. */
    byte[] first(byte[] message, String salt, int iterations) {
        var attributes = new ScramAttributes(message);
        if (attributes.startsWith("p=")) {
            throw new AuthenticationProtocolException(
                    AuthenticationProtocolException.FEATURE_NOT_SUPPORTED,
                    "client requires SCRAM channel binding, but it is not supported");
        }
        // "y" is a client that would bind channels and was not offered to.
        gs2Header = attributes.startsWith("y") ? "y,," : "n,,";
        attributes.expect(gs2Header.substring(0, 2));
        if (attributes.startsWith("a=")) {
            throw new AuthenticationProtocolException(
                    AuthenticationProtocolException.FEATURE_NOT_SUPPORTED,
                    "client uses authorization identity, but it is not supported");
        }
        attributes.expect(",");
        if (attributes.startsWith("m=")) {
            throw new AuthenticationProtocolException(
                    AuthenticationProtocolException.FEATURE_NOT_SUPPORTED,
                    "client requires an unsupported SCRAM extension");
        }
        clientFirstBare = attributes.whole().substring(attributes.position());
        // The user is the one of the startup message, as in PostgreSQL; drivers send anything here.
        attributes.value('n');
        nonce = attributes.nonce() + ownNonce;
        while (!attributes.atEnd()) {
            attributes.skip();
        }
        serverFirst = "r=" + nonce + ",s=" + salt + ",i=" + iterations;
        return serverFirst.getBytes(ISO_8859_1);
    }

    /** Reads the client's last message; its proof is judged by {@link #accept}. */
    void last(byte[] message) {
        var attributes = new ScramAttributes(message);
        byte[] binding = attributes.base64('c');
        if (!gs2Header.equals(new String(binding, ISO_8859_1))) {
            throw ScramAttributes.malformed("unexpected channel-binding attribute in client-final-message");
        }
        if (!attributes.value('r').equals(nonce)) {
            throw ScramAttributes.malformed("nonce does not match");
        }
        int beforeProof = attributes.position() - 1;
        while (!attributes.atEnd() && !attributes.startsWith("p=")) {
            attributes.skip();
            beforeProof = attributes.position() - 1;
        }
        proof = attributes.base64('p');
        if (proof.length != ScramKeys.LENGTH) {
            throw ScramAttributes.malformed("proof of " + proof.length + " bytes");
        }
        if (!attributes.atEnd()) {
            throw ScramAttributes.malformed("garbage at the end of client-final-message");
        }
        String withoutProof = attributes.whole().substring(0, beforeProof);
        authMessage = (clientFirstBare + ',' + serverFirst + ',' + withoutProof).getBytes(ISO_8859_1);
    }

    /** The ClientKey by which the client has shown that it knows the password of these keys; null if it has not. */
    byte @Nullable [] accept(ScramKeys keys) {
        return keys.clientKeyOf(proof, authMessage);
    }

    /** The message by which we prove to the client that we know its password, too. */
    byte[] serverFinal(ScramKeys keys) {
        String signature = Base64.getEncoder().encodeToString(keys.serverSignature(authMessage));
        return ("v=" + signature).getBytes(ISO_8859_1);
    }
}
