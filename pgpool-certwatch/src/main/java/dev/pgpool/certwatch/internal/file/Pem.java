package dev.pgpool.certwatch.internal.file;

import dev.pgpool.certwatch.finding.Finding;
import dev.pgpool.certwatch.finding.FindingCode;
import dev.pgpool.certwatch.internal.x509.Certificates;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/**
 * PEM text, taken apart here: {@code CertificateFactory} fails on files that also hold keys, depending on their order, and
 * takes a file cut in the middle for a shorter one.
 *
 * @param certificates in file order
 * @param keys blocks of private keys, in file order
 * @param problems of single blocks, which do not keep the others from counting
 */
record Pem(List<X509Certificate> certificates, List<Block> keys, List<Finding> problems) {

    /**
     * One block.
     *
     * @param encryption the value of the header DEK-Info; empty if there is none
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Block(String type, String encryption, byte[] bytes) {}

    static Pem parse(Path file, byte[] text) throws FileException {
        List<X509Certificate> certificates = new ArrayList<>();
        List<Block> keys = new ArrayList<>();
        List<Finding> problems = new ArrayList<>();
        List<String> others = new ArrayList<>();
        int number = 0;
        for (Block block : blocks(file, text)) {
            number++;
            if (holdsCertificates(block.type())) {
                add(file, number, block, certificates, problems);
            } else {
                others.add(block.type());
                if (PrivateKeys.isKey(block)) {
                    keys.add(block);
                }
            }
        }
        if (certificates.isEmpty()) {
            throw problems.isEmpty()
                    ? new FileException(
                            FindingCode.NO_CERTIFICATE_FOUND,
                            file + ": no certificate in it, but " + (others.isEmpty() ? "nothing else either" : others))
                    : new FileException(FindingCode.PARSE_ERROR, problems.get(0).message());
        }
        return new Pem(List.copyOf(certificates), List.copyOf(keys), List.copyOf(problems));
    }

    /**
     * Whether a block is to be read as certificates, by whatever name: {@code X509 CERTIFICATE} and {@code NEW CERTIFICATE} of old tools,
     * {@code TRUSTED CERTIFICATE} of OpenSSL, which has settings behind the certificate. One passed over could expire unseen.
     */
    static boolean holdsCertificates(String type) {
        return switch (type) {
            case "PKCS7", "PKCS #7 SIGNED DATA", "CMS" -> true;
            default -> type.endsWith("CERTIFICATE") && !type.equals("ATTRIBUTE CERTIFICATE");
        };
    }

    private static void add(
            Path file, int number, Block block, List<X509Certificate> certificates, List<Finding> problems) {
        int before = certificates.size();
        String reason = "no certificate in it";
        List<byte[]> parts = Certificates.split(block.bytes());
        for (byte[] encoded :
                block.type().startsWith("TRUSTED") ? parts.subList(0, Math.min(1, parts.size())) : parts) {
            try {
                certificates.add(Certificates.parse(encoded));
            } catch (CertificateException e) {
                reason = String.valueOf(e.getMessage());
            }
        }
        if (certificates.size() == before) {
            problems.add(Finding.of(
                    FindingCode.PARSE_ERROR,
                    file + ": block " + number + " (" + block.type() + ") is damaged: " + reason
                            + " (expected: a certificate)"));
        }
    }

    /** All blocks of a file. */
    static List<Block> blocks(Path file, byte[] bytes) throws FileException {
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
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
            blocks.add(block(type, text.substring(typeEnd + 5, end)));
            at = text.indexOf("-----BEGIN ", end);
        }
        return blocks;
    }

    /** Traditional keys and some tools' certificates carry headers: lines with a colon, then an empty line. */
    private static Block block(String type, String body) {
        StringBuilder base64 = new StringBuilder(body.length());
        String encryption = "";
        for (String line : body.split("\\R", -1)) {
            if (line.indexOf(':') < 0) {
                base64.append(line);
            } else if (line.regionMatches(true, 0, "DEK-Info:", 0, 9)) {
                encryption = line.substring(9).trim();
            }
        }
        try {
            return new Block(type, encryption, Base64.getMimeDecoder().decode(base64.toString()));
        } catch (IllegalArgumentException e) {
            // Told as damaged where a certificate was expected, and no matter elsewhere.
            return new Block(type, encryption, new byte[0]);
        }
    }
}
