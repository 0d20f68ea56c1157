package dev.pgpool.certwatch.internal.file;

import dev.pgpool.certwatch.internal.x509.Der;
import java.math.BigInteger;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Locale;
import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.PBEKeySpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * What a password encrypts in PEM, PKCS#8 and PKCS#12. Java's own class for PKCS#8 knows only some combinations of PBES2, so that
 * one is taken apart here (RFC 8018, section 6.2); the older schemes of PKCS#12 are Java's.
 */
final class Decryption {

    private static final String PBES2 = "1.2.840.113549.1.5.13";
    private static final String PBKDF2 = "1.2.840.113549.1.5.12";
    private static final String SCRYPT = "1.3.6.1.4.1.11591.4.11";

    /** A file could ask for a derivation that takes hours. */
    private static final int MAX_ITERATIONS = 10_000_000;

    private Decryption() {}

    /** Decrypts by an AlgorithmIdentifier. */
    static byte[] decrypt(Der algorithm, byte[] encrypted, char[] password) throws GeneralSecurityException {
        String oid = algorithm.child(0).oid();
        if (oid.equals(PBES2)) {
            return pbes2(algorithm.child(1), encrypted, password);
        }
        AlgorithmParameters parameters = AlgorithmParameters.getInstance(oid);
        try {
            parameters.init(algorithm.child(1).encoded());
        } catch (java.io.IOException e) {
            throw new GeneralSecurityException(e);
        }
        SecretKey key = SecretKeyFactory.getInstance(oid).generateSecret(new PBEKeySpec(password));
        Cipher cipher = Cipher.getInstance(oid);
        cipher.init(Cipher.DECRYPT_MODE, key, parameters);
        return cipher.doFinal(encrypted);
    }

    private static byte[] pbes2(Der parameters, byte[] encrypted, char[] password) throws GeneralSecurityException {
        Der derivation = parameters.child(0);
        Der scheme = parameters.child(1);
        String cipherOid = scheme.child(0).oid();
        int bits = bits(cipherOid);
        boolean des = bits == 192 && !cipherOid.startsWith("2.16.840.1.101.3.4.1.");
        byte[] key = switch (derivation.child(0).oid()) {
            case PBKDF2 -> pbkdf2(derivation.child(1), bits, password);
            case SCRYPT -> scrypt(derivation.child(1), bits, password);
            default ->
                throw new NoSuchAlgorithmException(
                        "key derivation " + derivation.child(0).oid());
        };
        return cbc(des ? "DESede" : "AES", key, scheme.child(1).value(), encrypted);
    }

    private static byte[] pbkdf2(Der parameters, int bits, char[] password) throws GeneralSecurityException {
        String hash = "HmacSHA1";
        for (Der part : parameters.children()) {
            if (part.is(Der.SEQUENCE)) {
                hash = hmac(part.child(0).oid());
            }
        }
        byte[] salt = parameters.child(0).value();
        BigInteger iterations = new BigInteger(1, nonEmpty(parameters.child(1).value()));
        if (iterations.signum() == 0 || iterations.compareTo(BigInteger.valueOf(MAX_ITERATIONS)) > 0) {
            throw new GeneralSecurityException(iterations + " iterations");
        }
        return SecretKeyFactory.getInstance("PBKDF2With" + hash)
                .generateSecret(new PBEKeySpec(password, salt, iterations.intValue(), bits))
                .getEncoded();
    }

    /** RFC 7914, section 7. */
    private static byte[] scrypt(Der parameters, int bits, char[] password) throws GeneralSecurityException {
        return Scrypt.derive(
                password,
                parameters.child(0).value(),
                number(parameters.child(1)),
                number(parameters.child(2)),
                number(parameters.child(3)),
                bits / 8);
    }

    private static long number(Der integer) throws GeneralSecurityException {
        byte[] value = integer.value();
        if (!integer.is(Der.INTEGER) || value.length == 0 || value.length > 5) {
            throw new GeneralSecurityException("a parameter that is no small number");
        }
        return new BigInteger(value).longValueExact();
    }

    private static byte[] nonEmpty(byte[] value) {
        return value.length == 0 ? new byte[1] : value;
    }

    private static String hmac(String oid) throws NoSuchAlgorithmException {
        return switch (oid) {
            case "1.2.840.113549.2.7" -> "HmacSHA1";
            case "1.2.840.113549.2.8" -> "HmacSHA224";
            case "1.2.840.113549.2.9" -> "HmacSHA256";
            case "1.2.840.113549.2.10" -> "HmacSHA384";
            case "1.2.840.113549.2.11" -> "HmacSHA512";
            default -> throw new NoSuchAlgorithmException("hash " + oid);
        };
    }

    private static int bits(String oid) throws NoSuchAlgorithmException {
        return switch (oid) {
            case "2.16.840.1.101.3.4.1.2" -> 128;
            case "2.16.840.1.101.3.4.1.22", "1.2.840.113549.3.7" -> 192;
            case "2.16.840.1.101.3.4.1.42" -> 256;
            default -> throw new NoSuchAlgorithmException("cipher " + oid);
        };
    }

    private static byte[] cbc(String algorithm, byte[] key, byte[] iv, byte[] encrypted)
            throws GeneralSecurityException {
        Cipher cipher = Cipher.getInstance(algorithm + "/CBC/PKCS5Padding");
        cipher.init(Cipher.DECRYPT_MODE, new SecretKeySpec(key, algorithm), new IvParameterSpec(iv));
        return cipher.doFinal(encrypted);
    }

    /**
     * Decrypts the traditional form of PEM, by OpenSSL's derivation of one round of MD5.
     *
     * @param info the value of the header DEK-Info: cipher, comma, initialization vector in hexadecimal
     */
    @SuppressWarnings("InsecureCryptoUsage") // the file says which cipher
    static byte[] decryptTraditional(String info, byte[] encrypted, char[] password) throws GeneralSecurityException {
        int comma = info.indexOf(',');
        String name = (comma < 0 ? info : info.substring(0, comma)).trim().toUpperCase(Locale.ROOT);
        int keyLength = switch (name) {
            case "DES-CBC" -> 8;
            case "AES-128-CBC" -> 16;
            case "DES-EDE3-CBC", "AES-192-CBC" -> 24;
            case "AES-256-CBC" -> 32;
            default -> throw new NoSuchAlgorithmException("cipher " + name);
        };
        byte[] iv;
        try {
            iv = HexFormat.of().parseHex(info.substring(comma + 1).trim());
        } catch (IllegalArgumentException e) {
            throw new GeneralSecurityException("DEK-Info without an initialization vector", e);
        }
        if (iv.length < 8) {
            throw new GeneralSecurityException("DEK-Info with a short initialization vector");
        }
        MessageDigest md5 = MessageDigest.getInstance("MD5");
        byte[] secret = StandardCharsets.UTF_8.encode(CharBuffer.wrap(password)).array();
        byte[] bytes = Arrays.copyOf(
                secret, StandardCharsets.UTF_8.encode(CharBuffer.wrap(password)).remaining());
        byte[] key = new byte[0];
        byte[] last = new byte[0];
        while (key.length < keyLength) {
            md5.update(last);
            md5.update(bytes);
            md5.update(iv, 0, 8);
            last = md5.digest();
            key = concat(key, last);
        }
        String algorithm = name.startsWith("AES") ? "AES" : keyLength == 8 ? "DES" : "DESede";
        return cbc(algorithm, Arrays.copyOf(key, keyLength), iv, encrypted);
    }

    private static byte[] concat(byte[] one, byte[] other) {
        byte[] both = Arrays.copyOf(one, one.length + other.length);
        System.arraycopy(other, 0, both, one.length, other.length);
        return both;
    }
}
