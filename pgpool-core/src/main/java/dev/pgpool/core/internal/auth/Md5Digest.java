package dev.pgpool.core.internal.auth;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * PostgreSQL's digests for MD5 authentication, as hexadecimal text in ASCII.
 *
 * @see <a href="https://www.postgresql.org/docs/current/protocol-flow.html">AuthenticationMD5Password</a>
 */
final class Md5Digest {

    private Md5Digest() {}

    /** md5(password + user): what is stored. */
    static byte[] ofPassword(byte[] password, String user) {
        return hex(password, user.getBytes(UTF_8));
    }

    /** {@code md5} and md5(stored + salt): what a client sends. */
    static byte[] response(byte[] stored, byte[] salt) {
        return ("md5" + new String(hex(stored, salt), US_ASCII)).getBytes(US_ASCII);
    }

    private static byte[] hex(byte[] first, byte[] second) {
        try {
            MessageDigest md5 = MessageDigest.getInstance("MD5");
            md5.update(first);
            return HexFormat.of().formatHex(md5.digest(second)).getBytes(US_ASCII);
        } catch (NoSuchAlgorithmException e) {
            throw new AuthenticationProtocolException(
                    AuthenticationProtocolException.FEATURE_NOT_SUPPORTED,
                    "md5 authentication is not possible: this JVM has no MD5");
        }
    }
}
