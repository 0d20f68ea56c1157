package dev.pgpool.core.internal.auth;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * The server's half of a SCRAM exchange, as texts. Without channel binding, unless the client was offered it and takes it.
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
    private byte @Nullable [] offered;
    private boolean bound;
    private String gs2Header = "";
    private String nonce = "";
    private String clientFirstBare = "";
    private String serverFirst = "";
    private byte[] authMessage = {};
    private byte[] proof = {};

    ScramServer(String ownNonce) {
        this.ownNonce = ownNonce;
    }

    /** The client has been offered to bind the exchange to our end of its connection. */
    void offer(byte[] serverEndPoint) {
        offered = serverEndPoint;
    }

    /** The client has taken the offer: what it sends must be bound. */
    void bound() {
        bound = true;
    }

    private String flag(ScramAttributes attributes) {
        if (attributes.startsWith("p=")) {
            if (!bound) {
                throw ScramAttributes.malformed("the client selected SCRAM-SHA-256 without channel binding,"
                        + " but the SCRAM message includes channel binding data");
            }
            if (!attributes.startsWith(AuthenticationMessages.BOUND + ",")) {
                throw new AuthenticationProtocolException("unsupported SCRAM channel-binding type (expected: "
                        + AuthenticationMessages.BOUND.substring(2) + ")");
            }
            return AuthenticationMessages.BOUND;
        }
        if (bound) {
            throw ScramAttributes.malformed("the client selected SCRAM-SHA-256-PLUS,"
                    + " but the SCRAM message does not include channel binding data");
        }
        if (!attributes.startsWith("y")) {
            return "n";
        }
        // a client that would bind and saw no offer
        if (offered != null) {
            throw new AuthenticationProtocolException(
                    AuthenticationProtocolException.INVALID_AUTHORIZATION,
                    "SCRAM channel binding negotiation error: the client supports SCRAM channel binding but thinks the"
                            + " server does not; however, this server does support channel binding");
        }
        return "y";
    }

    /** Reads the client's first message and answers it. */
    byte[] first(byte[] message, String salt, int iterations) {
        var attributes = new ScramAttributes(message);
        String flag = flag(attributes);
        gs2Header = flag + ",,";
        attributes.expect(flag + ",");
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
        checkBinding(attributes.base64('c'));
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

    private void checkBinding(byte[] binding) {
        byte[] header = gs2Header.getBytes(ISO_8859_1);
        byte[] ours = bound ? offered : new byte[0];
        byte[] expected = Arrays.copyOf(header, header.length + (ours == null ? 0 : ours.length));
        if (ours != null) {
            System.arraycopy(ours, 0, expected, header.length, ours.length);
        }
        if (MessageDigest.isEqual(expected, binding) && ours != null) {
            return;
        }
        if (bound) {
            throw new AuthenticationProtocolException(
                    AuthenticationProtocolException.INVALID_AUTHORIZATION, "SCRAM channel binding check failed");
        }
        throw ScramAttributes.malformed("unexpected channel-binding attribute in client-final-message");
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
