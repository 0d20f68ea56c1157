package dev.pgpool.certwatch.internal.file;

import dev.pgpool.certwatch.finding.FindingCode;
import dev.pgpool.certwatch.trust.TrustSource;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/** The certificates of trust sources. */
public final class TrustStores {

    /** Where distributions keep their bundle; the first that exists counts. */
    private static final List<Path> OS_BUNDLES = List.of(
            Path.of("/etc/ssl/certs/ca-certificates.crt"),
            Path.of("/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem"),
            Path.of("/etc/pki/tls/certs/ca-bundle.crt"),
            Path.of("/etc/ssl/ca-bundle.pem"),
            Path.of("/etc/ssl/cert.pem"));

    private TrustStores() {}

    /** Reads a trust source. */
    public static List<X509Certificate> read(TrustSource source) throws FileException {
        if (source instanceof TrustSource.Given given) {
            return given.anchors();
        }
        if (source instanceof TrustSource.StoreFile file) {
            return certificates(CertificateFiles.read(file.file(), file.password()));
        }
        if (source instanceof TrustSource.Jdk) {
            return ofJdk(null);
        }
        return ofOs();
    }

    private static List<X509Certificate> ofOs() throws FileException {
        String os = System.getProperty("os.name", "");
        if (os.startsWith("Windows")) {
            return ofPlatformStore("Windows-ROOT");
        }
        for (Path bundle : OS_BUNDLES) {
            if (Files.exists(bundle)) {
                return certificates(CertificateFiles.read(bundle, null));
            }
        }
        throw new FileException(
                FindingCode.FILE_NOT_FOUND,
                "no trust store of the operating system (expected: one of " + OS_BUNDLES + ")");
    }

    private static List<X509Certificate> ofPlatformStore(String type) throws FileException {
        try {
            KeyStore store = KeyStore.getInstance(type);
            store.load(null, null);
            return ofJdk(store);
        } catch (GeneralSecurityException | java.io.IOException e) {
            throw new FileException(FindingCode.FILE_READ_FAILED, "trust store " + type + ": " + e.getMessage());
        }
    }

    private static List<X509Certificate> ofJdk(@Nullable KeyStore store) throws FileException {
        try {
            TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            factory.init(store);
            List<X509Certificate> found = new ArrayList<>();
            for (TrustManager manager : factory.getTrustManagers()) {
                if (manager instanceof X509TrustManager x509) {
                    found.addAll(List.of(x509.getAcceptedIssuers()));
                }
            }
            return found;
        } catch (GeneralSecurityException e) {
            throw new FileException(FindingCode.FILE_READ_FAILED, "trust store of this Java: " + e.getMessage());
        }
    }

    private static List<X509Certificate> certificates(FileContents contents) {
        return contents.all();
    }
}
