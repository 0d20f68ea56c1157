package dev.pgpool.core.internal.tls;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.util.HexFormat;
import java.util.List;

/** Reads the files of one side, and remembers a digest of all that was read, by which a change is noticed. */
final class TlsFiles {
    private static final int MAX_FILE = 4 << 20;

    private final MessageDigest digest;

    TlsFiles() {
        try {
            this.digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /** The digest of all that was read; to be asked once, at the end. */
    String fingerprint() {
        return HexFormat.of().formatHex(digest.digest());
    }

    /** Certificates that come from no file are part of what was read. */
    void note(List<X509Certificate> certificates) {
        for (X509Certificate certificate : certificates) {
            try {
                note(certificate.getEncoded());
            } catch (CertificateEncodingException e) {
                note(new byte[0]);
            }
        }
        note(new byte[0]);
    }

    private void note(byte[] contents) {
        digest.update(contents);
        digest.update((byte) 0);
    }

    /** A PKCS#12 or JKS file. */
    KeyStore open(String setting, Path file, String password) throws TlsProblem {
        var unused = bytes(setting, file);
        try {
            return KeyStore.getInstance(file.toFile(), password.toCharArray());
        } catch (IOException e) {
            throw new TlsProblem(setting, file + " that the password does not open", "its password");
        } catch (GeneralSecurityException e) {
            throw new TlsProblem(setting, file + " of unknown kind", "a PKCS#12 or JKS file");
        }
    }

    /** The contents of a file. */
    byte[] bytes(String setting, Path file) throws TlsProblem {
        try {
            long size = Files.size(file);
            if (size > MAX_FILE) {
                throw new TlsProblem(setting, file + " of " + size + " bytes", "at most " + MAX_FILE);
            }
            byte[] contents = Files.readAllBytes(file);
            note(contents);
            return contents;
        } catch (IOException e) {
            throw new TlsProblem(
                    setting,
                    file + " that can't be read (" + e.getClass().getSimpleName() + ")",
                    "a file that this process may read");
        }
    }
}
