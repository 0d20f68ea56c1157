package dev.pgpool.certwatch.internal.discover;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Whether a file among others is one of certificates: by its contents, and where these tell nothing, as of an empty or a damaged
 * file, by its name. Keys, certificate requests and parameters are not.
 */
final class CertificateFileDetection {

    private static final Set<String> EXTENSIONS = Set.of(
            "pem",
            "crt",
            "cer",
            "cert",
            "der",
            "p12",
            "pfx",
            "jks",
            "jceks",
            "ks",
            "keystore",
            "truststore",
            "p7b",
            "p7c",
            "crl");

    private static final Pattern PEM = Pattern.compile(
            "-----BEGIN ((X509 |TRUSTED |NEW )?CERTIFICATE|PKCS7|PKCS #7 SIGNED DATA|CMS|X509 CRL)-----|LS0tLS1CRUdJTiBDRVJU|LS0tLS1CRUdJTiBYNTA5");
    private static final Pattern ANY_PEM = Pattern.compile("-----BEGIN [A-Z0-9 ]+-----");
    private static final Pattern MANIFEST =
            Pattern.compile("\"?kind\"?\\s*:\\s*\"?(Secret|ConfigMap|Config)\\b.*tls\\.crt", Pattern.DOTALL);
    private static final int MAX_BYTES = 4 << 20;

    private CertificateFileDetection() {}

    static boolean isNamedLikeCertificate(Path file) {
        Path last = file.getFileName();
        String name = last == null ? "" : last.toString().toLowerCase(Locale.ROOT);
        return EXTENSIONS.contains(name.substring(name.lastIndexOf('.') + 1));
    }

    static boolean isCertificate(Path file) throws IOException {
        byte[] bytes;
        try (InputStream in = Files.newInputStream(file)) {
            bytes = in.readNBytes(MAX_BYTES);
        }
        if (isStore(bytes)) {
            return true;
        }
        if (isSequence(bytes)) {
            return isDerCertificate(bytes);
        }
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        if (PEM.matcher(text).find() || MANIFEST.matcher(text).find()) {
            return true;
        }
        return !ANY_PEM.matcher(text).find() && isNamedLikeCertificate(file);
    }

    /** Texts may begin with the same byte, the digit 0, but not with such a length after it. */
    private static boolean isSequence(byte[] bytes) {
        if (bytes.length < 2 || bytes[0] != 0x30) {
            return false;
        }
        int length = bytes[1] & 0xff;
        return length < 0x80 ? length + 2 == bytes.length : length <= 0x84;
    }

    private static boolean isStore(byte[] bytes) {
        if (bytes.length < 4) {
            return false;
        }
        int magic = (bytes[0] & 0xff) << 24 | (bytes[1] & 0xff) << 16 | (bytes[2] & 0xff) << 8 | (bytes[3] & 0xff);
        return magic == 0xfeedfeed || magic == 0xcececece;
    }

    /**
     * A certificate, list of revoked ones, PKCS#7 or PKCS#12 rather than a key or a request: those begin with the INTEGER 0 or 1
     * right in the first SEQUENCE, these with the INTEGER 0 in the second.
     */
    private static boolean isDerCertificate(byte[] bytes) {
        int first = contents(bytes, 0);
        if (first + 3 > bytes.length) {
            return false;
        }
        if (bytes[first] == 2) {
            // PKCS#12 begins with version 3, PKCS#8 and PKCS#1 with 0 or 1.
            return bytes[first + 1] == 1 && bytes[first + 2] == 3;
        }
        if (bytes[first] == 6) {
            return true;
        }
        if (bytes[first] != 0x30) {
            return false;
        }
        int second = contents(bytes, first);
        boolean request =
                second + 3 <= bytes.length && bytes[second] == 2 && bytes[second + 1] == 1 && bytes[second + 2] == 0;
        boolean encryptedKey = second < bytes.length && bytes[second] == 6;
        return !request && !encryptedKey;
    }

    /** Where the contents of the element at a place begin. */
    private static int contents(byte[] bytes, int at) {
        int length = at + 1 < bytes.length ? bytes[at + 1] & 0xff : 0;
        return length < 0x80 ? at + 2 : at + 2 + (length & 0x7f);
    }
}
