package dev.pgpool.certwatch.internal.file;

import dev.pgpool.certwatch.finding.Finding;
import dev.pgpool.certwatch.finding.FindingCode;
import dev.pgpool.certwatch.internal.x509.Certificates;
import dev.pgpool.certwatch.trust.Secret;
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
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads certificate files of every form, told by their contents. */
public final class CertificateFiles {

    /** A bundle of all public authorities is a tenth of this. */
    static final int MAX_BYTES = 4 << 20;

    /** A ConfigMap may hold a kubeconfig; what is deeper is an attack. */
    private static final int MANIFESTS = 2;

    private CertificateFiles() {}

    /** Reads a file whole, so that a file replaced meanwhile is not seen in halves; each leaf in it counts. */
    public static FileContents read(Path file, @Nullable Secret password) throws FileException {
        return read(file, password, false);
    }

    /**
     * Reads a file.
     *
     * @param password of a key store, and of encrypted keys in PEM
     * @param firstOnly of PEM and DER files only the first certificate is a leaf
     */
    public static FileContents read(Path file, @Nullable Secret password, boolean firstOnly) throws FileException {
        return parse(file, bytes(file), password, firstOnly, MANIFESTS);
    }

    /** Reads a file that a manifest names, which is none itself: a kubeconfig could name itself. */
    static FileContents readNoManifest(Path file, @Nullable Secret password, boolean firstOnly) throws FileException {
        return parse(file, bytes(file), password, firstOnly, 0);
    }

    /**
     * Reads what a file holds, or would hold.
     *
     * @param manifests how many manifests may stand one in the other
     */
    static FileContents parse(Path file, byte[] bytes, @Nullable Secret password, boolean firstOnly, int manifests)
            throws FileException {
        if (bytes.length == 0) {
            throw new FileException(
                    FindingCode.NO_CERTIFICATE_FOUND, file + ": the file is empty (expected: certificates)");
        }
        String form = KeyStoreFormat.of(bytes);
        if (form != null) {
            return KeyStoreFormat.read(file, bytes, form, password);
        }
        if (bytes[0] == 0x30) {
            List<Finding> problems = new ArrayList<>();
            List<X509Certificate> found = der(file, bytes, problems);
            return contents("DER", found, firstOnly, problems);
        }
        String text = new String(bytes, StandardCharsets.UTF_8);
        if (Manifests.looksLikeOne(text)) {
            if (manifests == 0) {
                throw new FileException(
                        FindingCode.PARSE_ERROR, file + ": a manifest within another (expected: certificates)");
            }
            return Manifests.read(file, text, password, firstOnly, manifests - 1);
        }
        Pem pem = Pem.parse(file, bytes);
        List<Finding> problems = new ArrayList<>(pem.problems());
        foreignKeys(file, pem, password, problems);
        return contents("PEM", pem.certificates(), firstOnly, problems);
    }

    private static FileContents contents(
            String form, List<X509Certificate> found, boolean firstOnly, List<Finding> problems) {
        return FileContents.of(form, firstOnly ? LeafChains.firstOnly(found) : LeafChains.of(found), found, problems);
    }

    /** A key beside certificates is that of one of them: a server that is given both would not start otherwise. */
    private static void foreignKeys(Path file, Pem pem, @Nullable Secret password, List<Finding> problems) {
        int number = 0;
        for (Pem.Block block : pem.keys()) {
            number++;
            if (PrivateKeys.isEncrypted(block) && password == null) {
                continue;
            }
            try {
                boolean belongs = false;
                for (X509Certificate certificate : pem.certificates()) {
                    belongs |= PrivateKeys.read(file, "key " + number, block, password, certificate.getPublicKey())
                            .belongsTo(certificate.getPublicKey());
                }
                if (!belongs) {
                    problems.add(Finding.of(
                            FindingCode.KEY_MISMATCH,
                            file + ": private key " + number + " in it belongs to none of its certificates"));
                }
            } catch (FileException e) {
                problems.add(e.finding());
            }
        }
    }

    /**
     * Whether the private key of a file belongs to a certificate.
     *
     * @param password of the key; absent if it is not encrypted
     */
    public static boolean keyBelongs(Path keyFile, @Nullable Secret password, X509Certificate leaf)
            throws FileException {
        return PrivateKeys.first(keyFile, bytes(keyFile), password, leaf.getPublicKey())
                .belongsTo(leaf.getPublicKey());
    }

    /**
     * The private key of a file that belongs to a certificate.
     *
     * @throws FileException if there is none, it is another's, or this Java cannot use it
     */
    public static PrivateKey keyOf(Path keyFile, @Nullable Secret password, X509Certificate leaf) throws FileException {
        ParsedKey found = PrivateKeys.first(keyFile, bytes(keyFile), password, leaf.getPublicKey());
        PrivateKey key = found.key();
        if (!found.belongsTo(leaf.getPublicKey())) {
            throw new FileException(
                    FindingCode.KEY_MISMATCH, keyFile + ": the private key does not belong to the certificate");
        }
        if (key == null) {
            throw new FileException(
                    FindingCode.PARSE_ERROR,
                    keyFile + ": a kind of key that this Java cannot use (expected: RSA or EC)");
        }
        return key;
    }

    private static List<X509Certificate> der(Path file, byte[] bytes, List<Finding> problems) throws FileException {
        List<X509Certificate> found = new ArrayList<>();
        String reason = "cut off";
        for (byte[] encoded : Certificates.split(bytes)) {
            try {
                found.add(Certificates.parse(encoded));
            } catch (CertificateException e) {
                reason = String.valueOf(e.getMessage());
                problems.add(
                        Finding.of(FindingCode.PARSE_ERROR, file + ": one of its certificates is damaged: " + reason));
            }
        }
        if (found.isEmpty()) {
            throw new FileException(
                    FindingCode.PARSE_ERROR,
                    file + ": damaged or half-written: " + reason + " (expected: certificates)");
        }
        return found;
    }

    static byte[] bytes(Path file) throws FileException {
        if (Files.exists(file) && !Files.isRegularFile(file)) {
            // A pipe would be waited for for ever.
            throw new FileException(
                    FindingCode.FILE_READ_FAILED,
                    file + ": " + (Files.isDirectory(file) ? "a directory" : "a pipe, socket or device")
                            + " (expected: a file)");
        }
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
