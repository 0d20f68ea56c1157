package dev.pgpool.core.auth;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.Objects;
import java.util.regex.Pattern;

/**
 * The secret of one user, in one of the forms in which PostgreSQL and PgBouncer store it. Immutable; {@code toString}
 * never shows the secret.
 */
public sealed interface Credential
        permits Credential.Plain, Credential.Md5, Credential.ScramVerifier, Credential.ScramClientKey {

    /**
     * Recognises the form of a stored secret as PostgreSQL and PgBouncer do: {@code md5} and 32 lower-case hexadecimal
     * digits, {@code SCRAM-SHA-256$iterations:salt$storedKey:serverKey}, or else a password in clear.
     *
     * @param user the user whose secret it is: not empty, at most 127 bytes (PgBouncer's limit)
     * @param secret the secret; at most 65,534 bytes in UTF-8 (what PostgreSQL accepts in a password message)
     * @throws IllegalArgumentException if the user name or the secret is out of bounds, or if the secret begins with
     *     {@code SCRAM-SHA-256$} and is not a valid verifier; the message names the user and never shows the secret
     */
    static Credential parse(String user, String secret) {
        UserNames.check(user);
        try {
            if (secret.startsWith(ScramVerifier.PREFIX)) {
                return ScramVerifier.parse(secret);
            }
            if (Md5.STORED.matcher(secret).matches()) {
                return new Md5(secret.substring("md5".length()));
            }
            return new Plain(secret);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("secret of user \"" + user + "\": " + e.getMessage(), e);
        }
    }

    /**
     * A password in clear. The empty password never lets a client in, as in PostgreSQL.
     *
     * @param password the password, at most 65,534 bytes in UTF-8, without zero bytes
     */
    record Plain(String password) implements Credential {
        /** PostgreSQL's PG_MAX_AUTH_TOKEN_LENGTH, less the terminating zero byte. */
        private static final int MAX_BYTES = 65_534;

        public Plain {
            if (password.indexOf('\0') >= 0) {
                throw new IllegalArgumentException("the password contains a zero byte (expected: none)");
            }
            int bytes = password.getBytes(StandardCharsets.UTF_8).length;
            if (bytes > MAX_BYTES) {
                throw new IllegalArgumentException(
                        "the password has " + bytes + " bytes (expected: at most " + MAX_BYTES + ")");
            }
        }

        @Override
        public String toString() {
            return "Plain[password=<redacted>]";
        }
    }

    /**
     * What PostgreSQL stores with {@code password_encryption = md5}.
     *
     * @param digest md5(password + user) as 32 lower-case hexadecimal digits, without the prefix {@code md5}
     */
    record Md5(String digest) implements Credential {
        private static final Pattern DIGEST = Pattern.compile("[0-9a-f]{32}");
        private static final Pattern STORED = Pattern.compile("md5[0-9a-f]{32}");

        public Md5 {
            if (!DIGEST.matcher(digest).matches()) {
                throw new IllegalArgumentException(
                        "the MD5 digest is malformed (expected: 32 lower-case hexadecimal digits)");
            }
        }

        @Override
        public String toString() {
            return "Md5[digest=<redacted>]";
        }
    }

    /**
     * What PostgreSQL stores with {@code password_encryption = scram-sha-256}: enough to check a client, not enough to
     * log in to a server.
     *
     * @param iterations the iteration count of the key derivation, at least 1
     * @param salt the salt in Base64, not empty
     * @param storedKey the StoredKey of RFC 5802 in Base64, 32 bytes
     * @param serverKey the ServerKey of RFC 5802 in Base64, 32 bytes
     */
    record ScramVerifier(int iterations, String salt, String storedKey, String serverKey) implements Credential {
        private static final String PREFIX = "SCRAM-SHA-256$";
        private static final String FORM = "SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>";
        private static final Pattern STORED = Pattern.compile("SCRAM-SHA-256\\$([^:$]*):([^:$]*)\\$([^:$]*):([^:$]*)");
        private static final Pattern POSITIVE = Pattern.compile("0*[1-9][0-9]{0,9}");

        /** PostgreSQL's MAX_ENCRYPTED_PASSWORD_LEN: what it stores is never longer. */
        private static final int MAX_LENGTH = 512;

        private static final int KEY_BYTES = 32;

        public ScramVerifier {
            if (iterations < 1) {
                throw new IllegalArgumentException("the iteration count is " + iterations + " (expected: at least 1)");
            }
            requireBase64(salt, "salt");
            requireKey(storedKey, "StoredKey");
            requireKey(serverKey, "ServerKey");
        }

        private static ScramVerifier parse(String secret) {
            if (secret.length() > MAX_LENGTH) {
                throw new IllegalArgumentException("the SCRAM verifier has " + secret.length()
                        + " characters (expected: at most " + MAX_LENGTH + ")");
            }
            var parts = STORED.matcher(secret);
            if (!parts.matches()) {
                throw new IllegalArgumentException("the SCRAM verifier is malformed (expected: " + FORM + ")");
            }
            return new ScramVerifier(iterations(parts.group(1)), parts.group(2), parts.group(3), parts.group(4));
        }

        private static int iterations(String digits) {
            long count = POSITIVE.matcher(digits).matches() ? Long.parseLong(digits) : 0;
            if (count < 1 || count > Integer.MAX_VALUE) {
                throw new IllegalArgumentException("the iteration count of the SCRAM verifier is malformed"
                        + " (expected: a whole number from 1 to " + Integer.MAX_VALUE + ")");
            }
            return (int) count;
        }

        private static void requireKey(String value, String name) {
            int length = requireBase64(value, name);
            if (length != KEY_BYTES) {
                throw new IllegalArgumentException("the " + name + " of the SCRAM verifier has " + length
                        + " bytes (expected: " + KEY_BYTES + ")");
            }
        }

        // Java's decoder forgives missing padding, PostgreSQL's does not; the salt goes to clients as it stands.
        private static int requireBase64(String value, String name) {
            Objects.requireNonNull(value, name);
            if (value.isEmpty() || value.length() % 4 != 0 || value.length() > MAX_LENGTH) {
                throw notBase64(value, name);
            }
            try {
                return Base64.getDecoder().decode(value).length;
            } catch (IllegalArgumentException e) {
                // The decoder's own message quotes characters of the secret, so it is not chained.
                throw notBase64(value, name);
            }
        }

        private static IllegalArgumentException notBase64(String value, String name) {
            return new IllegalArgumentException("the " + name + " of the SCRAM verifier (" + value.length()
                    + " characters) is not Base64 (expected: not empty, padded)");
        }

        @Override
        public String toString() {
            return "ScramVerifier[iterations=" + iterations + ", <redacted>]";
        }
    }

    /**
     * What proves a password to a server that stores this verifier, without being the password: enough to log in, and to
     * check a client. It is of no use anywhere else, nor after the password was changed. The pooler learns it when a
     * client logs in by SCRAM; a host that has it (libpq knows it as {@code scram_client_key}) may also give it.
     *
     * @param verifier what the server stores
     * @param clientKey the ClientKey of RFC 5802 in Base64, 32 bytes, whose SHA-256 is the StoredKey of the verifier
     */
    record ScramClientKey(ScramVerifier verifier, String clientKey) implements Credential {
        public ScramClientKey {
            ScramVerifier.requireKey(clientKey, "ClientKey");
            byte[] stored = Base64.getDecoder().decode(verifier.storedKey());
            if (!MessageDigest.isEqual(sha256(Base64.getDecoder().decode(clientKey)), stored)) {
                throw new IllegalArgumentException("the ClientKey does not belong to the SCRAM verifier"
                        + " (expected: its SHA-256 is the StoredKey)");
            }
        }

        private static byte[] sha256(byte[] bytes) {
            try {
                return MessageDigest.getInstance("SHA-256").digest(bytes);
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException("every JVM has SHA-256", e);
            }
        }

        @Override
        public String toString() {
            return "ScramClientKey[<redacted>]";
        }
    }
}
