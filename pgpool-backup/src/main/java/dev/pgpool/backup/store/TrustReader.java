package dev.pgpool.backup.store;

import dev.pgpool.backup.internal.check.Problems;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/** Reads a PEM file of authorities, which are then the only ones that are trusted. */
final class TrustReader {

    private TrustReader() {}

    /** The trust in the authorities of a file, or {@code null} and a problem. */
    static S3Settings.@Nullable Trust read(Path pem, Problems problems) {
        try {
            KeyStore authorities = authorities(pem);
            if (authorities.size() > 0) {
                TrustManagerFactory factory =
                        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
                factory.init(authorities);
                for (TrustManager manager : factory.getTrustManagers()) {
                    if (manager instanceof X509TrustManager x509) {
                        SSLContext context = SSLContext.getInstance("TLS");
                        context.init(null, new TrustManager[] {x509}, null);
                        return new S3Settings.Trust(context, x509);
                    }
                }
            }
            problems.add("trustedCertificates: no certificate in " + pem);
        } catch (IOException | GeneralSecurityException e) {
            problems.add("trustedCertificates: " + pem + ": " + e.getMessage());
        }
        return null;
    }

    private static KeyStore authorities(Path pem) throws IOException, GeneralSecurityException {
        KeyStore authorities = KeyStore.getInstance(KeyStore.getDefaultType());
        authorities.load(null, null);
        try (InputStream in = Files.newInputStream(pem)) {
            for (Certificate certificate :
                    CertificateFactory.getInstance("X.509").generateCertificates(in)) {
                authorities.setCertificateEntry("ca-" + authorities.size(), certificate);
            }
        }
        return authorities;
    }
}
