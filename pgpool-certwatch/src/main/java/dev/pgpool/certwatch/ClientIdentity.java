package dev.pgpool.certwatch;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.X509ExtendedKeyManager;

/** The certificate that a probe shows to servers that demand one. */
public final class ClientIdentity {

    private final X509ExtendedKeyManager keyManager;

    private ClientIdentity(X509ExtendedKeyManager keyManager) {
        this.keyManager = keyManager;
    }

    /** Whatever the host's key manager chooses. */
    public static ClientIdentity of(X509ExtendedKeyManager keyManager) {
        return new ClientIdentity(requireNonNull(keyManager, "keyManager"));
    }

    /**
     * The keys of a PKCS12 or JKS store, which are read now.
     *
     * @throws IOException if the file cannot be read, or not with this password
     */
    public static ClientIdentity keyStore(Path file, char[] password) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(in, password);
            KeyManagerFactory factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            factory.init(store, password);
            for (KeyManager manager : factory.getKeyManagers()) {
                if (manager instanceof X509ExtendedKeyManager found) {
                    return new ClientIdentity(found);
                }
            }
            throw new IOException(file + ": no key manager for X.509 keys in this Java");
        } catch (GeneralSecurityException e) {
            throw new IOException(file + ": " + e.getMessage() + " (expected: a PKCS12 or JKS store with keys)", e);
        }
    }

    /** The key manager used in handshakes. */
    public X509ExtendedKeyManager keyManager() {
        return keyManager;
    }

    @Override
    public String toString() {
        return "ClientIdentity";
    }
}
