package dev.pgpool.certwatch.internal.file;

import dev.pgpool.certwatch.internal.x509.Der;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A private key of a file, in whatever form it came: PKCS#8 (RFC 5208), PKCS#1 (RFC 8017), SEC 1 (RFC 5915) or the traditional form of
 * DSA. The older forms are wrapped into PKCS#8 for Java.
 *
 * @param key absent if this Java cannot use it, such as one on a curve that it does not know
 * @param publicPoint public half that an elliptic key carries along; a {@code Der} of tag 0 if none
 */
record ParsedKey(@Nullable PrivateKey key, Der publicPoint) {

    private static final byte[] RSA = {
        0x30, 0x0d, 0x06, 0x09, 0x2a, (byte) 0x86, 0x48, (byte) 0x86, (byte) 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00
    };
    private static final byte[] EC_OID = {0x06, 0x07, 0x2a, (byte) 0x86, 0x48, (byte) 0xce, 0x3d, 0x02, 0x01};
    private static final byte[] DSA_OID = {0x06, 0x07, 0x2a, (byte) 0x86, 0x48, (byte) 0xce, 0x38, 0x04, 0x01};

    /** Whether the bytes are an EncryptedPrivateKeyInfo: an algorithm and an OCTET STRING. */
    static boolean isEncrypted(Der key) {
        return key.is(Der.SEQUENCE)
                && key.child(0).is(Der.SEQUENCE)
                && key.child(0).child(0).is(Der.OID)
                && key.child(1).is(Der.OCTET_STRING);
    }

    /**
     * Reads a key that is not encrypted, told by its parts.
     *
     * @param curve for SEC 1 without a curve of its own: the parameters of the leaf's key; a {@code Der} of tag 0 if unknown
     * @throws GeneralSecurityException if this is no private key
     */
    static ParsedKey of(byte[] encoded, Der curve) throws GeneralSecurityException {
        Der whole = Der.of(encoded);
        Der second = whole.child(1);
        if (!whole.is(Der.SEQUENCE) || !whole.child(0).is(Der.INTEGER)) {
            throw new GeneralSecurityException("not a private key");
        }
        if (second.is(Der.SEQUENCE)) {
            Der inner = Der.of(whole.child(2).value());
            return new ParsedKey(java(encoded), inner.is(Der.SEQUENCE) ? point(inner) : inner);
        }
        if (second.is(Der.OCTET_STRING)) {
            Der own = tagged(whole, 0xa0);
            Der parameters = own.tag() == 0 ? curve : own.content();
            return new ParsedKey(java(wrap(sequence(EC_OID, parameters.encoded()), whole.encoded())), point(whole));
        }
        if (whole.children().size() == 6) {
            byte[] parameters = sequence(
                    whole.child(1).encoded(),
                    whole.child(2).encoded(),
                    whole.child(3).encoded());
            return new ParsedKey(
                    java(wrap(sequence(DSA_OID, parameters), whole.child(5).encoded())), Der.of(new byte[0]));
        }
        return new ParsedKey(java(wrap(RSA, whole.encoded())), Der.of(new byte[0]));
    }

    private static Der point(Der sec1) {
        return tagged(sec1, 0xa1).content();
    }

    private static Der tagged(Der whole, int tag) {
        return whole.children().stream()
                .filter(part -> part.is(tag))
                .findFirst()
                .orElse(Der.of(new byte[0]));
    }

    private static byte[] wrap(byte[] algorithm, byte[] key) {
        return sequence(new byte[] {2, 1, 0}, algorithm, element(Der.OCTET_STRING, key));
    }

    private static byte[] sequence(byte[]... parts) {
        return element(Der.SEQUENCE, parts);
    }

    private static byte[] element(int tag, byte[]... parts) {
        int length = Arrays.stream(parts).mapToInt(part -> part.length).sum();
        byte[] head = length < 0x80
                ? new byte[] {(byte) tag, (byte) length}
                : new byte[] {(byte) tag, (byte) 0x83, (byte) (length >> 16), (byte) (length >> 8), (byte) length};
        // Java wants the shortest form of a length.
        if (length >= 0x80 && length < 0x100) {
            head = new byte[] {(byte) tag, (byte) 0x81, (byte) length};
        } else if (length >= 0x100 && length < 0x10000) {
            head = new byte[] {(byte) tag, (byte) 0x82, (byte) (length >> 8), (byte) length};
        }
        byte[] whole = Arrays.copyOf(head, head.length + length);
        int at = head.length;
        for (byte[] part : parts) {
            System.arraycopy(part, 0, whole, at, part.length);
            at += part.length;
        }
        return whole;
    }

    private static @Nullable PrivateKey java(byte[] pkcs8) {
        for (String algorithm : new String[] {"RSA", "EC", "EdDSA", "RSASSA-PSS", "DSA"}) {
            try {
                return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
            } catch (GeneralSecurityException | RuntimeException e) {
                // another kind, or none that this Java can use
            }
        }
        return null;
    }

    /** Whether this is the other half of a public key; {@code true} also where it cannot be told. */
    boolean belongsTo(PublicKey other) {
        byte[] encoded = other.getEncoded();
        byte[] known = encoded == null ? new byte[0] : Der.of(encoded).child(1).value();
        if (publicPoint.is(Der.BIT_STRING) && publicPoint.length() == known.length) {
            return Arrays.equals(publicPoint.value(), known);
        }
        PrivateKey own = key;
        return own == null || KeyPairCheck.belong(own, other);
    }
}
