package dev.pgpool.certwatch.internal.file;

import dev.pgpool.certwatch.FindingCode;
import dev.pgpool.certwatch.Secret;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads certificate files of every form, told by their contents. */
public final class CertificateFiles {

    /** A bundle of all public authorities is a tenth of this. */
    static final int MAX_BYTES = 4 << 20;

    private CertificateFiles() {}

    /** Reads a file whole, so that a file replaced meanwhile is not seen in halves. */
    public static Contents read(Path file, @Nullable Secret password) throws FileException {
        byte[] bytes = bytes(file);
        if (bytes.length == 0) {
            throw new FileException(
                    FindingCode.NO_CERTIFICATE_FOUND, file + ": the file is empty (expected: certificates)");
        }
        String form = StoreForm.of(bytes);
        if (form != null) {
            return StoreForm.read(file, bytes, form, password);
        }
        if (bytes[0] == 0x30) {
            return new Contents("DER", List.of(new Contents.Chain("", der(file, bytes), null)), List.of());
        }
        Pem pem = Pem.parse(file, new String(bytes, StandardCharsets.ISO_8859_1));
        return new Contents("PEM", List.of(new Contents.Chain("", pem.certificates(), null)), List.of());
    }

    /** The private key of a PEM file in PKCS#8 form. */
    public static PrivateKey readKey(Path file, String algorithm) throws FileException {
        return Pem.privateKey(file, new String(bytes(file), StandardCharsets.ISO_8859_1), algorithm);
    }

    static List<X509Certificate> der(Path file, byte[] bytes) throws FileException {
        try {
            List<X509Certificate> found = new ArrayList<>();
            CertificateFactory factory = CertificateFactory.getInstance("X.509");
            for (var certificate : factory.generateCertificates(new ByteArrayInputStream(bytes))) {
                found.add((X509Certificate) certificate);
            }
            if (found.isEmpty()) {
                throw new FileException(FindingCode.NO_CERTIFICATE_FOUND, file + ": no certificate in it");
            }
            return found;
        } catch (CertificateException e) {
            throw new FileException(
                    FindingCode.PARSE_ERROR,
                    file + ": damaged or half-written: " + e.getMessage() + " (expected: certificates)");
        }
    }

    private static byte[] bytes(Path file) throws FileException {
        try (InputStream in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(MAX_BYTES + 1);
            if (bytes.length > MAX_BYTES) {
                throw new FileException(
                        FindingCode.FILE_TOO_LARGE,
                        file + ": more than " + MAX_BYTES + " bytes (expected: a certificate file)");
            }
            return bytes;
        } catch (NoSuchFileException e) {
            if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
                throw new FileException(FindingCode.BROKEN_SYMLINK, file + ": the link points nowhere");
            }
            throw new FileException(FindingCode.FILE_NOT_FOUND, file + ": no such file");
        } catch (AccessDeniedException e) {
            throw new FileException(
                    FindingCode.PERMISSION_DENIED,
                    file + ": may not be read by user " + System.getProperty("user.name"));
        } catch (IOException e) {
            throw new FileException(FindingCode.FILE_READ_FAILED, file + ": " + e.getMessage());
        }
    }
}
