package dev.pgpool.certwatch.internal.x509;

import java.util.Map;

/** Names of algorithms that Java gives no name for in a certificate that it refuses. */
final class Algorithms {

    private static final Map<String, String> SIGNATURES = Map.ofEntries(
            Map.entry("1.2.840.113549.1.1.2", "MD2withRSA"),
            Map.entry("1.2.840.113549.1.1.3", "MD4withRSA"),
            Map.entry("1.2.840.113549.1.1.4", "MD5withRSA"),
            Map.entry("1.2.840.113549.1.1.5", "SHA1withRSA"),
            Map.entry("1.3.14.3.2.29", "SHA1withRSA"),
            Map.entry("1.2.840.113549.1.1.10", "RSASSA-PSS"),
            Map.entry("1.2.840.113549.1.1.11", "SHA256withRSA"),
            Map.entry("1.2.840.113549.1.1.12", "SHA384withRSA"),
            Map.entry("1.2.840.113549.1.1.13", "SHA512withRSA"),
            Map.entry("1.2.840.113549.1.1.14", "SHA224withRSA"),
            Map.entry("1.2.840.10045.4.1", "SHA1withECDSA"),
            Map.entry("1.2.840.10045.4.3.1", "SHA224withECDSA"),
            Map.entry("1.2.840.10045.4.3.2", "SHA256withECDSA"),
            Map.entry("1.2.840.10045.4.3.3", "SHA384withECDSA"),
            Map.entry("1.2.840.10045.4.3.4", "SHA512withECDSA"),
            Map.entry("1.2.840.10040.4.3", "SHA1withDSA"),
            Map.entry("2.16.840.1.101.3.4.3.1", "SHA224withDSA"),
            Map.entry("2.16.840.1.101.3.4.3.2", "SHA256withDSA"),
            Map.entry("1.3.101.112", "Ed25519"),
            Map.entry("1.3.101.113", "Ed448"));

    private static final Map<String, String> KEYS = Map.of(
            "1.2.840.113549.1.1.1", "RSA",
            "1.2.840.113549.1.1.10", "RSASSA-PSS",
            "1.2.840.10045.2.1", "EC",
            "1.2.840.10040.4.1", "DSA",
            "1.3.101.112", "Ed25519",
            "1.3.101.113", "Ed448");

    /** Sizes in bits of named curves, those included that Java does not know. */
    private static final Map<String, Integer> CURVES = Map.ofEntries(
            Map.entry("1.2.840.10045.3.1.1", 192),
            Map.entry("1.2.840.10045.3.1.7", 256),
            Map.entry("1.3.132.0.10", 256),
            Map.entry("1.3.132.0.33", 224),
            Map.entry("1.3.132.0.34", 384),
            Map.entry("1.3.132.0.35", 521),
            Map.entry("1.3.36.3.3.2.8.1.1.1", 160),
            Map.entry("1.3.36.3.3.2.8.1.1.3", 192),
            Map.entry("1.3.36.3.3.2.8.1.1.5", 224),
            Map.entry("1.3.36.3.3.2.8.1.1.7", 256),
            Map.entry("1.3.36.3.3.2.8.1.1.9", 320),
            Map.entry("1.3.36.3.3.2.8.1.1.11", 384),
            Map.entry("1.3.36.3.3.2.8.1.1.13", 512));

    private Algorithms() {}

    static String signature(String oid) {
        return SIGNATURES.getOrDefault(oid, oid);
    }

    static String key(String oid) {
        return KEYS.getOrDefault(oid, oid);
    }

    /** Bits of a SubjectPublicKeyInfo; 0 if unknown. */
    static int bits(Der keyInfo) {
        Der algorithm = keyInfo.child(0);
        byte[] bits = keyInfo.child(1).value();
        return switch (key(algorithm.child(0).oid())) {
            case "RSA", "RSASSA-PSS" -> {
                byte[] inner = bits.length == 0 ? bits : java.util.Arrays.copyOfRange(bits, 1, bits.length);
                byte[] modulus = Der.of(inner).child(0).value();
                yield modulus.length == 0 ? 0 : new java.math.BigInteger(1, modulus).bitLength();
            }
            case "EC" -> {
                String curve = algorithm.child(1).oid();
                // Two coordinates behind one byte of form; a compressed point has one coordinate.
                boolean whole = bits.length > 2 && bits[1] == 4;
                yield CURVES.getOrDefault(curve, bits.length < 3 ? 0 : (bits.length - 2) * 8 / (whole ? 2 : 1));
            }
            case "DSA" -> {
                byte[] p = algorithm.child(1).child(0).value();
                yield p.length == 0 ? 0 : new java.math.BigInteger(1, p).bitLength();
            }
            case "Ed25519" -> 256;
            case "Ed448" -> 456;
            default -> 0;
        };
    }
}
