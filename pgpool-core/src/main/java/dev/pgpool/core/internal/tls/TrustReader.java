package dev.pgpool.core.internal.tls;

import dev.pgpool.core.config.TlsTrust;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

/** Reads whom we believe. */
final class TrustReader {
    private final String path;
    private final TlsFiles files;

    /** @param path of the settings, such as {@code listen.tls} */
    TrustReader(String path, TlsFiles files) {
        this.path = path;
        this.files = files;
    }

    /** What checks certificates of the other side. */
    TrustManagerFactory read(TlsTrust trust) throws TlsProblem {
        if (trust instanceof TlsTrust.Pem pem) {
            return factory(read(pem));
        }
        if (trust instanceof TlsTrust.Store store) {
            return factory(read(store));
        }
        TrustManagerFactory factory = trust instanceof TlsTrust.Managed managed ? managed.trust() : factory(List.of());
        // it may be given other authorities: those of now are part of what was read
        files.note(List.of(manager(factory).getAcceptedIssuers()));
        return factory;
    }

    /** The one manager of a factory that knows certificates. */
    X509TrustManager manager(TrustManagerFactory factory) throws TlsProblem {
        try {
            for (TrustManager manager : factory.getTrustManagers()) {
                if (manager instanceof X509TrustManager known) {
                    return known;
                }
            }
        } catch (IllegalStateException e) {
            throw new TlsProblem(path + ".trustManager", "a factory that is not initialized", "one that is");
        }
        throw new TlsProblem(path + ".trustManager", "a factory without trust in certificates", "an X509TrustManager");
    }

    /** @param authorities none for those that this Java knows */
    private TrustManagerFactory factory(List<X509Certificate> authorities) throws TlsProblem {
        try {
            TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            factory.init(authorities.isEmpty() ? null : store(authorities));
            return factory;
        } catch (GeneralSecurityException | IOException e) {
            throw new TlsProblem(
                    path + ".trust", "trust that this Java can't take: " + e.getMessage(), "certificates or cacerts");
        }
    }

    private static KeyStore store(List<X509Certificate> authorities) throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        for (int i = 0; i < authorities.size(); i++) {
            store.setCertificateEntry(String.valueOf(i), authorities.get(i));
        }
        return store;
    }

    private List<X509Certificate> read(TlsTrust.Pem pem) throws TlsProblem {
        String trustPath = path + ".trust";
        return new PemFile(trustPath, pem.certificates(), files.bytes(trustPath, pem.certificates())).certificates();
    }

    private List<X509Certificate> read(TlsTrust.Store store) throws TlsProblem {
        String storePath = path + ".trustStore";
        KeyStore trusted = files.open(storePath, store.file(), store.password());
        List<X509Certificate> found = new ArrayList<>();
        try {
            for (String alias : Collections.list(trusted.aliases())) {
                if (trusted.isCertificateEntry(alias)
                        && trusted.getCertificate(alias) instanceof X509Certificate certificate) {
                    found.add(certificate);
                }
            }
        } catch (GeneralSecurityException e) {
            throw new TlsProblem(storePath, store.file() + " that can't be listed", "a PKCS#12 or JKS file");
        }
        if (found.isEmpty()) {
            throw new TlsProblem(storePath, store.file() + " without a trusted certificate", "at least one");
        }
        return found;
    }
}
