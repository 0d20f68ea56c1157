package dev.pgpool.certwatch.internal.file;

import dev.pgpool.certwatch.FindingCode;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/**
 * PEM text, taken apart by us: {@code CertificateFactory} fails on files that also hold keys, depending on their order, and
 * takes a file cut in the middle for a shorter one.
 *
 * @param certificates in file order
 */
record Pem(List<X509Certificate> certificates) {

    private record Block(String type, byte[] bytes) {}

    static Pem parse(Path file, String text) throws FileException {
        List<X509Certificate> certificates = new ArrayList<>();
        List<String> others = new ArrayList<>();
        for (Block block : blocks(file, text)) {
            switch (block.type()) {
                case "CERTIFICATE", "X509 CERTIFICATE", "PKCS7" ->
                    certificates.addAll(CertificateFiles.der(file, block.bytes()));
                default -> others.add(block.type());
            }
        }
        if (certificates.isEmpty()) {
            throw new FileException(
                    FindingCode.NO_CERTIFICATE_FOUND,
                    file + ": no certificate in it, but " + (others.isEmpty() ? "nothing else either" : others));
        }
        return new Pem(List.copyOf(certificates));
    }

    static PrivateKey privateKey(Path file, String text, String algorithm) throws FileException {
        List<String> others = new ArrayList<>();
        for (Block block : blocks(file, text)) {
            if (block.type().equals("PRIVATE KEY")) {
                try {
                    return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(block.bytes()));
                } catch (GeneralSecurityException e) {
                    throw new FileException(
                            FindingCode.KEY_MISMATCH, file + ": not a key of the leaf's kind, " + algorithm);
                }
            }
            others.add(block.type());
        }
        throw new FileException(
                FindingCode.PARSE_ERROR,
                file + ": " + others + " (expected: an unencrypted PRIVATE KEY in PKCS#8 form)");
    }

    private static List<Block> blocks(Path file, String text) throws FileException {
        List<Block> blocks = new ArrayList<>();
        int at = text.indexOf("-----BEGIN ");
        if (at < 0) {
            throw new FileException(
                    FindingCode.PARSE_ERROR, file + ": neither PEM nor DER, PKCS12 or JKS (expected: certificates)");
        }
        while (at >= 0) {
            int typeEnd = text.indexOf("-----", at + 11);
            String type = typeEnd < 0 ? "" : text.substring(at + 11, typeEnd);
            int end = typeEnd < 0 ? -1 : text.indexOf("-----END " + type + "-----", typeEnd);
            if (end < 0) {
                throw new FileException(
                        FindingCode.PARSE_ERROR,
                        file + ": half-written: block " + (blocks.size() + 1) + " begins and does not end");
            }
            try {
                String body = text.substring(typeEnd + 5, end);
                // Keys in traditional form carry headers, and are none of our business.
                byte[] bytes = body.indexOf(':') >= 0
                        ? new byte[0]
                        : Base64.getMimeDecoder().decode(body);
                blocks.add(new Block(type, bytes));
            } catch (IllegalArgumentException e) {
                throw new FileException(
                        FindingCode.PARSE_ERROR,
                        file + ": block " + (blocks.size() + 1) + " (" + type + ") is not base64");
            }
            at = text.indexOf("-----BEGIN ", end);
        }
        return blocks;
    }
}
