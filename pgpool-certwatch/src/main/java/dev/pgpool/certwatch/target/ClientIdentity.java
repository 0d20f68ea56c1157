package dev.pgpool.certwatch.target;

import static java.util.Objects.requireNonNull;

import dev.pgpool.certwatch.internal.file.IdentityFiles;
import dev.pgpool.certwatch.trust.Secret;
import java.io.IOException;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/**
 * The certificate that a probe shows to servers that demand one. Its own end is judged as that of any certificate. Files are read again
 * before a probe when they have changed. Thread-safe.
 */
public final class ClientIdentity {

    private static final String[] KEY_TYPES = {"RSA", "EC", "EdDSA", "Ed25519", "Ed448", "RSASSA-PSS", "DSA"};

    private final @Nullable IdentityFiles files;
    private volatile X509ExtendedKeyManager keyManager;

    private ClientIdentity(@Nullable IdentityFiles files, X509ExtendedKeyManager keyManager) {
        this.files = files;
        this.keyManager = keyManager;
    }

    /** Whatever the host's key manager chooses. */
    public static ClientIdentity of(X509ExtendedKeyManager keyManager) {
        return new ClientIdentity(null, requireNonNull(keyManager, "keyManager"));
    }

    /**
     * The keys of a PKCS12 or JKS store, or the key and the certificate in one PEM file.
     *
     * @param password of the store, or of an encrypted key; empty for none
     * @throws IOException if the file cannot be read now, or not with this password, or has no key with its certificate
     */
    public static ClientIdentity keyStore(Path file, char[] password) throws IOException {
        return of(IdentityFiles.one(file, password.length == 0 ? null : Secret.of(password)));
    }

    /**
     * A certificate, with those above it if the server needs them, and its key, as libpq's {@code sslcert} and {@code sslkey}.
     *
     * @param key PEM or DER; PKCS#8, PKCS#1 or SEC 1. May be the same file
     * @param password of the key; absent if it is not encrypted
     * @throws IOException if the files cannot be read now, or do not belong together
     */
    public static ClientIdentity pem(Path certificate, Path key, char @Nullable [] password) throws IOException {
        return of(IdentityFiles.pem(certificate, key, password == null ? null : Secret.of(password)));
    }

    private static ClientIdentity of(IdentityFiles files) throws IOException {
        X509ExtendedKeyManager first = files.changed();
        if (first == null) {
            throw new IOException(files + ": nothing in it (expected: a key with its certificate)");
        }
        return new ClientIdentity(files, first);
    }

    /** The key manager used in handshakes. */
    public X509ExtendedKeyManager keyManager() {
        return keyManager;
    }

    /**
     * Reads the files again if they have changed; blocks.
     *
     * @throws IOException if that fails, and the former keys stay
     */
    public void refresh() throws IOException {
        IdentityFiles source = files;
        if (source != null) {
            X509ExtendedKeyManager fresh = source.changed();
            if (fresh != null) {
                keyManager = fresh;
            }
        }
    }

    /** The certificates that may be shown, without those above them. */
    public List<X509Certificate> certificates() {
        X509ExtendedKeyManager keys = keyManager;
        Set<X509Certificate> found = new LinkedHashSet<>();
        for (String type : KEY_TYPES) {
            String[] aliases = keys.getClientAliases(type, null);
            for (String alias : aliases == null ? new String[0] : aliases) {
                X509Certificate[] chain = keys.getCertificateChain(alias);
                if (chain != null && chain.length > 0) {
                    found.add(chain[0]);
                }
            }
        }
        return new ArrayList<>(found);
    }

    @Override
    public String toString() {
        return files == null ? "ClientIdentity" : "ClientIdentity of " + files;
    }
}
