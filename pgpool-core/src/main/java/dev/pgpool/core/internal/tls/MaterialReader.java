package dev.pgpool.core.internal.tls;

import dev.pgpool.core.config.TlsIdentity;
import dev.pgpool.core.config.TlsTrust;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the files of one side, checks what is in them, and remembers a digest of all that was read, by which a change is
 * noticed.
 */
final class MaterialReader {
    private static final Logger LOGGER = LoggerFactory.getLogger(MaterialReader.class);
    private static final int MAX_FILE = 4 << 20;

    private final String path;
    private final MessageDigest digest;

    /** @param path of the settings, such as {@code listen.tls} */
    MaterialReader(String path) {
        this.path = path;
        try {
            this.digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /** The digest of all files read. */
    String fingerprint() {
        return HexFormat.of().formatHex(digest.digest());
    }

    KeyMaterial read(TlsIdentity.Pem pem) throws TlsProblem {
        String certificatePath = path + ".certificate";
        List<X509Certificate> chain = new PemFile(
                        certificatePath, pem.certificate(), bytes(certificatePath, pem.certificate()))
                .certificates();
        String keyPath = path + ".key";
        PrivateKey key = new PemFile(keyPath, pem.key(), bytes(keyPath, pem.key())).privateKey(pem.password());
        return checked(
                new KeyMaterial(key, chain),
                keyPath,
                pem.key() + " that does not fit the certificate in " + pem.certificate());
    }

    KeyMaterial read(TlsIdentity.Store store) throws TlsProblem {
        String storePath = path + ".keyStore";
        KeyStore keys = open(storePath, store.file(), store.password());
        try {
            List<String> aliases = new ArrayList<>();
            for (String alias : Collections.list(keys.aliases())) {
                if (keys.isKeyEntry(alias)) {
                    aliases.add(alias);
                }
            }
            if (aliases.size() != 1) {
                throw new TlsProblem(
                        storePath, store.file() + " with " + aliases.size() + " private keys", "exactly one");
            }
            Key key = keys.getKey(aliases.get(0), store.password().toCharArray());
            Certificate[] chain = keys.getCertificateChain(aliases.get(0));
            if (!(key instanceof PrivateKey privateKey) || chain == null || chain.length == 0) {
                throw new TlsProblem(storePath, store.file() + " without a certificate for its key", "both");
            }
            return checked(
                    new KeyMaterial(
                            privateKey,
                            Arrays.stream(chain)
                                    .map(X509Certificate.class::cast)
                                    .toList()),
                    storePath,
                    store.file() + " whose key does not fit its certificate");
        } catch (GeneralSecurityException e) {
            throw new TlsProblem(storePath, store.file() + " whose key the password does not open", "its password");
        }
    }

    private static KeyMaterial checked(KeyMaterial material, String keyPath, String misfit) throws TlsProblem {
        if (!material.fits()) {
            throw new TlsProblem(keyPath, misfit, "the key of the first certificate");
        }
        Instant end = material.leaf().getNotAfter().toInstant();
        if (end.isBefore(Instant.now())) {
            LOGGER.atWarn()
                    .addKeyValue("certificate", material.leaf().getSubjectX500Principal())
                    .addKeyValue("expired", end)
                    .addKeyValue("setting", keyPath)
                    .log("our certificate has expired: whoever checks it will refuse us");
        }
        return material;
    }

    List<X509Certificate> read(TlsTrust.Pem pem) throws TlsProblem {
        String trustPath = path + ".trust";
        return new PemFile(trustPath, pem.certificates(), bytes(trustPath, pem.certificates())).certificates();
    }

    List<X509Certificate> read(TlsTrust.Store store) throws TlsProblem {
        String storePath = path + ".trustStore";
        KeyStore trusted = open(storePath, store.file(), store.password());
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

    private KeyStore open(String setting, Path file, String password) throws TlsProblem {
        var unused = bytes(setting, file);
        try {
            return KeyStore.getInstance(file.toFile(), password.toCharArray());
        } catch (IOException e) {
            throw new TlsProblem(setting, file + " that the password does not open", "its password");
        } catch (GeneralSecurityException e) {
            throw new TlsProblem(setting, file + " of unknown kind", "a PKCS#12 or JKS file");
        }
    }

    private byte[] bytes(String setting, Path file) throws TlsProblem {
        try {
            long size = Files.size(file);
            if (size > MAX_FILE) {
                throw new TlsProblem(setting, file + " of " + size + " bytes", "at most " + MAX_FILE);
            }
            byte[] contents = Files.readAllBytes(file);
            digest.update(contents);
            digest.update((byte) 0);
            return contents;
        } catch (IOException e) {
            throw new TlsProblem(
                    setting,
                    file + " that can't be read (" + e.getClass().getSimpleName() + ")",
                    "a file that this process may read");
        }
    }
}
