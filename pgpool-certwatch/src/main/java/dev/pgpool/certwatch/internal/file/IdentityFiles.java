package dev.pgpool.certwatch.internal.file;

import dev.pgpool.certwatch.trust.Secret;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/** A client's key and certificate in files, read again when their contents have changed. Thread-safe. */
public final class IdentityFiles {

    private final Path certificate;
    private final @Nullable Path key;
    private final @Nullable Secret password;
    private byte[] last = new byte[0];

    private IdentityFiles(Path certificate, @Nullable Path key, @Nullable Secret password) {
        this.certificate = certificate;
        this.key = key;
        this.password = password;
    }

    /** A key store, or a PEM file with both. */
    public static IdentityFiles one(Path file, @Nullable Secret password) {
        return new IdentityFiles(file, null, password);
    }

    /** A certificate file and a key file. */
    public static IdentityFiles pem(Path certificate, Path key, @Nullable Secret password) {
        return new IdentityFiles(certificate, key, password);
    }

    /** What is in the files; absent if that is what was in them at the last call. */
    public synchronized @Nullable X509ExtendedKeyManager changed() throws IOException {
        byte[] now = contents();
        if (last.length > 0 && Arrays.equals(now, last)) {
            return null;
        }
        X509ExtendedKeyManager read = key == null ? ofOne() : ofPem(key);
        last = now;
        return read;
    }

    private byte[] contents() throws IOException {
        byte[] one = bytes(certificate);
        byte[] other = key == null ? new byte[0] : bytes(key);
        byte[] both = Arrays.copyOf(one, one.length + other.length);
        System.arraycopy(other, 0, both, one.length, other.length);
        return both;
    }

    private static byte[] bytes(Path file) throws IOException {
        try {
            return CertificateFiles.bytes(file);
        } catch (FileException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    /** Told by its contents, each time: a store may be replaced by a PEM file. */
    private X509ExtendedKeyManager ofOne() throws IOException {
        byte[] bytes = bytes(certificate);
        String form = KeyStoreFormat.of(bytes);
        return form == null ? ofPem(certificate) : ofStore(form, bytes);
    }

    private X509ExtendedKeyManager ofStore(String form, byte[] bytes) throws IOException {
        char[] secret = password == null ? new char[0] : password.chars();
        try {
            KeyStore store = KeyStore.getInstance(form);
            store.load(new ByteArrayInputStream(bytes), secret);
            boolean any = false;
            for (String alias : Collections.list(store.aliases())) {
                any |= store.isKeyEntry(alias);
            }
            if (!any) {
                throw new IOException(certificate + ": no key in it (expected: a key with its certificate)");
            }
            return manager(store, secret);
        } catch (GeneralSecurityException e) {
            throw new IOException(
                    certificate + ": " + e.getMessage() + " (expected: a PKCS12 or JKS store with keys)", e);
        }
    }

    private X509ExtendedKeyManager ofPem(Path keyFile) throws IOException {
        try {
            List<X509Certificate> chain =
                    CertificateFiles.read(certificate, password, true).all();
            PrivateKey own = CertificateFiles.keyOf(keyFile, password, chain.get(0));
            char[] none = new char[0];
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, none);
            store.setKeyEntry("client", own, none, chain.toArray(new X509Certificate[0]));
            return manager(store, none);
        } catch (FileException e) {
            throw new IOException(e.getMessage(), e);
        } catch (GeneralSecurityException e) {
            throw new IOException(
                    certificate + ": " + e.getMessage() + " (expected: a certificate that Java can show)", e);
        }
    }

    private X509ExtendedKeyManager manager(KeyStore store, char[] secret) throws GeneralSecurityException, IOException {
        KeyManagerFactory factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        factory.init(store, secret);
        for (KeyManager manager : factory.getKeyManagers()) {
            if (manager instanceof X509ExtendedKeyManager found) {
                return found;
            }
        }
        throw new IOException(certificate + ": no key manager for X.509 keys in this Java");
    }

    @Override
    public String toString() {
        return certificate.toString();
    }
}
