package dev.pgpool.core.internal.tls;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A file of {@code -----BEGIN ...-----} blocks, as OpenSSL writes it. */
final class PemFile {
    private final String path;
    private final Path file;
    private final List<PemBlock> blocks;

    /** @param path of the setting, for messages */
    PemFile(String path, Path file, byte[] contents) {
        this.path = path;
        this.file = file;
        this.blocks = PemBlock.read(new String(contents, StandardCharsets.ISO_8859_1));
    }

    /** All certificates, in order; at least one. */
    List<X509Certificate> certificates() throws TlsProblem {
        List<X509Certificate> found = new ArrayList<>();
        for (PemBlock block : blocks) {
            if (!block.label().endsWith("CERTIFICATE")) {
                continue;
            }
            try {
                found.add((X509Certificate) CertificateFactory.getInstance("X.509")
                        .generateCertificate(new ByteArrayInputStream(block.decode(path, file))));
            } catch (CertificateException e) {
                throw new TlsProblem(
                        path, file + " whose certificate " + (found.size() + 1) + " is damaged", "PEM certificates");
            }
        }
        if (found.isEmpty()) {
            throw new TlsProblem(path, file + " without a certificate", "PEM certificates");
        }
        return found;
    }

    /** The first private key. */
    PrivateKey privateKey(Optional<String> password) throws TlsProblem {
        PemKey reader = new PemKey(path, file, password);
        for (PemBlock block : blocks) {
            PrivateKey key = reader.read(block);
            if (key != null) {
                return key;
            }
        }
        throw new TlsProblem(path, file + " without a private key", "a PEM private key");
    }
}
