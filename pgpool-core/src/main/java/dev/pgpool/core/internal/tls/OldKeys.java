package dev.pgpool.core.internal.tls;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.PBEKeySpec;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * Private keys in forms that Java does not read by itself: OpenSSL's traditional ones (PKCS#1 for RSA, SEC 1 for elliptic
 * curves, encrypted as RFC 1421 has it), and PKCS#8 as far as Java can't decrypt it.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc5915">RFC 5915: Elliptic Curve Private Key Structure</a>
 * @see <a href="https://www.rfc-editor.org/rfc/rfc8018">RFC 8018: Password-Based Cryptography</a>
 */
final class OldKeys {
    private static final Pattern ENCRYPTION = Pattern.compile("DEK-Info:\\s*([A-Z0-9-]+)\\s*,\\s*([0-9A-Fa-f]+)");

    private static final byte[] VERSION_0 = Der.element(Der.INTEGER, new byte[] {0});
    private static final byte[] NULL = {5, 0};
    /** 1.2.840.113549.1.1.1 */
    private static final byte[] RSA = Der.element(Der.OID, HexFormat.of().parseHex("2a864886f70d010101"));
    /** 1.2.840.10045.2.1 */
    private static final byte[] EC = Der.element(Der.OID, HexFormat.of().parseHex("2a8648ce3d0201"));

    /** By what follows DEK-Info: algorithm, transformation and length of the key. */
    private static final Map<String, Encryption> ENCRYPTIONS = Map.of(
            "AES-128-CBC", new Encryption("AES", "AES/CBC/PKCS5Padding", 16),
            "AES-192-CBC", new Encryption("AES", "AES/CBC/PKCS5Padding", 24),
            "AES-256-CBC", new Encryption("AES", "AES/CBC/PKCS5Padding", 32),
            "DES-EDE3-CBC", new Encryption("DESede", "DESede/CBC/PKCS5Padding", 24),
            "DES-CBC", new Encryption("DES", "DES/CBC/PKCS5Padding", 8));

    /** By OID: the ciphers that PKCS#8 is encrypted with. */
    private static final Map<String, String> CIPHERS = Map.of(
            "60864801650304" + "0102",
            "AES-128-CBC",
            "60864801650304" + "0116",
            "AES-192-CBC",
            "60864801650304" + "012a",
            "AES-256-CBC",
            "2a864886f70d0307",
            "DES-EDE3-CBC");

    /** By OID; RFC 8018 says the first where there is none. */
    private static final Map<String, String> HASHES = Map.of(
            "", "PBKDF2WithHmacSHA1",
            "2a864886f70d0207", "PBKDF2WithHmacSHA1",
            "2a864886f70d0208", "PBKDF2WithHmacSHA224",
            "2a864886f70d0209", "PBKDF2WithHmacSHA256",
            "2a864886f70d020a", "PBKDF2WithHmacSHA384",
            "2a864886f70d020b", "PBKDF2WithHmacSHA512");

    private static final String PBKDF2 = "2a864886f70d01050c";

    private record Encryption(String algorithm, String transformation, int keyLength) {
        byte[] decrypt(byte[] key, byte[] iv, byte[] secret) throws GeneralSecurityException {
            Cipher cipher = Cipher.getInstance(transformation);
            cipher.init(Cipher.DECRYPT_MODE, new SecretKeySpec(key, algorithm), new IvParameterSpec(iv));
            return cipher.doFinal(secret);
        }
    }

    private OldKeys() {}

    /** A PKCS#1 key, as PKCS#8. */
    static byte[] rsa(byte[] key) {
        return Der.element(Der.SEQUENCE, VERSION_0, Der.element(Der.SEQUENCE, RSA, NULL), Der.element(Der.OCTETS, key));
    }

    /** A SEC 1 key that names its curve, as PKCS#8. */
    static byte[] ec(byte[] key) throws Der.Malformed {
        Der inside = new Der(key).next(Der.SEQUENCE);
        inside.next(Der.INTEGER);
        inside.next(Der.OCTETS);
        byte[] curve = inside.next(Der.MEMBER_0).next(Der.OID).toBytes();
        return Der.element(
                Der.SEQUENCE,
                VERSION_0,
                Der.element(Der.SEQUENCE, EC, Der.element(Der.OID, curve)),
                Der.element(Der.OCTETS, key));
    }

    /**
     * Decrypts a traditional key.
     *
     * @param headers the lines ahead of it
     * @return null if it is encrypted in another way than OpenSSL's
     */
    static byte @Nullable [] decrypt(String headers, byte[] secret, String password) throws GeneralSecurityException {
        Matcher info = ENCRYPTION.matcher(headers);
        Encryption encryption = info.find() ? ENCRYPTIONS.get(info.group(1).toUpperCase(Locale.ROOT)) : null;
        if (encryption == null
                || info.group(2).length() % 2 != 0
                || info.group(2).length() < 16) {
            return null;
        }
        byte[] iv = HexFormat.of().parseHex(info.group(2));
        byte[] key = derive(password.getBytes(StandardCharsets.UTF_8), Arrays.copyOf(iv, 8), encryption.keyLength);
        return encryption.decrypt(key, iv, secret);
    }

    /** OpenSSL's EVP_BytesToKey with MD5 and one round: all that these files have ever had. */
    private static byte[] derive(byte[] password, byte[] salt, int length) throws GeneralSecurityException {
        byte[] key = new byte[0];
        byte[] last = new byte[0];
        while (key.length < length) {
            MessageDigest md5 = MessageDigest.getInstance("MD5");
            md5.update(last);
            md5.update(password);
            last = md5.digest(salt);
            int before = key.length;
            key = Arrays.copyOf(key, before + last.length);
            System.arraycopy(last, 0, key, before, last.length);
        }
        return Arrays.copyOf(key, length);
    }

    /**
     * Decrypts a PKCS#8 key that is encrypted by PBES2. Java has no triple DES there, nor passwords beyond ASCII.
     *
     * @return null if its cipher or its derivation is none that is known
     */
    static byte @Nullable [] decryptPbes2(byte[] encrypted, String password)
            throws GeneralSecurityException, Der.Malformed {
        Der info = new Der(encrypted).next(Der.SEQUENCE);
        Der algorithm = info.next(Der.SEQUENCE);
        algorithm.next(Der.OID);
        Der parameters = algorithm.next(Der.SEQUENCE);
        Der derivation = parameters.next(Der.SEQUENCE);
        if (!HexFormat.of().formatHex(derivation.next(Der.OID).toBytes()).equals(PBKDF2)) {
            return null;
        }
        Der scheme = parameters.next(Der.SEQUENCE);
        Encryption encryption = ENCRYPTIONS.get(CIPHERS.getOrDefault(
                HexFormat.of().formatHex(scheme.next(Der.OID).toBytes()), ""));
        if (encryption == null || !scheme.is(Der.OCTETS)) {
            return null;
        }
        byte[] iv = scheme.next(Der.OCTETS).toBytes();
        Der pbkdf2 = derivation.next(Der.SEQUENCE);
        byte[] salt = pbkdf2.next(Der.OCTETS).toBytes();
        int rounds = pbkdf2.next(Der.INTEGER).toInt();
        if (pbkdf2.is(Der.INTEGER)) {
            pbkdf2.next(Der.INTEGER);
        }
        String hash = pbkdf2.is(Der.SEQUENCE)
                ? HexFormat.of()
                        .formatHex(pbkdf2.next(Der.SEQUENCE).next(Der.OID).toBytes())
                : "";
        String named = HASHES.get(hash);
        if (named == null) {
            return null;
        }
        PBEKeySpec spec = new PBEKeySpec(password.toCharArray(), salt, rounds, encryption.keyLength * 8);
        try {
            SecretKey key = SecretKeyFactory.getInstance(named).generateSecret(spec);
            return encryption.decrypt(
                    key.getEncoded(), iv, info.next(Der.OCTETS).toBytes());
        } finally {
            spec.clearPassword();
        }
    }
}
