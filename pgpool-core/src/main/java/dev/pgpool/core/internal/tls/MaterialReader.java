package dev.pgpool.core.internal.tls;

import dev.pgpool.core.config.TlsIdentity;
import dev.pgpool.core.internal.log.LogLine;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.X509KeyManager;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads who we are: checks that key and certificate fit. */
final class MaterialReader {
    private static final Logger LOGGER = LoggerFactory.getLogger(MaterialReader.class);
    private static final List<String> KEY_TYPES = List.of("RSA", "EC", "EdDSA", "RSASSA-PSS");

    private final String path;
    private final TlsFiles files;

    /** @param path of the settings, such as {@code listen.tls} */
    MaterialReader(String path, TlsFiles files) {
        this.path = path;
        this.files = files;
    }

    /** Null if the host looks after the keys. */
    @Nullable
    KeyMaterial read(TlsIdentity identity) throws TlsProblem {
        if (identity instanceof TlsIdentity.Pem pem) {
            return read(pem);
        }
        if (identity instanceof TlsIdentity.Store store) {
            return read(store);
        }
        if (identity instanceof TlsIdentity.Managed managed) {
            note(managed);
        }
        return null;
    }

    /** A factory may be given other keys: what it shows now is part of what was read. */
    private void note(TlsIdentity.Managed managed) throws TlsProblem {
        try {
            for (KeyManager manager : managed.keys().getKeyManagers()) {
                if (manager instanceof X509KeyManager keys) {
                    for (String type : KEY_TYPES) {
                        note(keys, keys.getServerAliases(type, null));
                        note(keys, keys.getClientAliases(type, null));
                    }
                }
            }
        } catch (IllegalStateException e) {
            throw new TlsProblem(path + ".keyManager", "a factory that is not initialized", "one that is");
        }
    }

    private void note(X509KeyManager keys, String @Nullable [] aliases) {
        if (aliases != null) {
            for (String alias : aliases) {
                X509Certificate[] chain = keys.getCertificateChain(alias);
                files.note(chain == null ? List.of() : List.of(chain));
            }
        }
    }

    private KeyMaterial read(TlsIdentity.Pem pem) throws TlsProblem {
        String certificatePath = path + ".certificate";
        List<X509Certificate> chain = new PemFile(
                        certificatePath, pem.certificate(), files.bytes(certificatePath, pem.certificate()))
                .certificates();
        String keyPath = path + ".key";
        PrivateKey key = new PemFile(keyPath, pem.key(), files.bytes(keyPath, pem.key())).privateKey(pem.password());
        return checked(
                new KeyMaterial(key, chain),
                keyPath,
                pem.key() + " that does not fit the certificate in " + pem.certificate());
    }

    private KeyMaterial read(TlsIdentity.Store store) throws TlsProblem {
        String storePath = path + ".keyStore";
        KeyStore keys = files.open(storePath, store.file(), store.password());
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
            LogLine.warn(LOGGER, "our certificate has expired: peers that check it will refuse us")
                    .with("certificate", material.leaf().getSubjectX500Principal())
                    .with("expired", end)
                    .with("setting", keyPath)
                    .write();
        }
        return material;
    }
}
