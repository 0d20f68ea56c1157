package dev.pgpool.certwatch.internal.file;

import dev.pgpool.certwatch.finding.FindingCode;
import dev.pgpool.certwatch.trust.Secret;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.UnrecoverableKeyException;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Key stores: told by their first bytes, read by Java. */
final class KeyStoreFormat {

    private KeyStoreFormat() {}

    /** The type for {@link KeyStore}; absent if the bytes are no key store. */
    static @Nullable String of(byte[] bytes) {
        if (startsWith(bytes, 0xfe, 0xed, 0xfe, 0xed)) {
            return "JKS";
        }
        if (startsWith(bytes, 0xce, 0xce, 0xce, 0xce)) {
            return "JCEKS";
        }
        return isPkcs12(bytes) ? "PKCS12" : null;
    }

    /** A PKCS12 file is a SEQUENCE that begins with INTEGER 3; a certificate's begins with another SEQUENCE. */
    private static boolean isPkcs12(byte[] bytes) {
        if (bytes.length < 16 || bytes[0] != 0x30) {
            return false;
        }
        int header = (bytes[1] & 0x80) == 0 ? 2 : 2 + (bytes[1] & 0x7f);
        return header + 3 < bytes.length && bytes[header] == 2 && bytes[header + 1] == 1 && bytes[header + 2] == 3;
    }

    private static boolean startsWith(byte[] bytes, int... magic) {
        if (bytes.length < magic.length) {
            return false;
        }
        for (int i = 0; i < magic.length; i++) {
            if ((bytes[i] & 0xff) != magic[i]) {
                return false;
            }
        }
        return true;
    }

    static FileContents read(Path file, byte[] bytes, String form, @Nullable Secret password) throws FileException {
        char[] secret = password == null ? null : password.chars();
        try {
            KeyStore store = KeyStore.getInstance(form);
            store.load(new ByteArrayInputStream(bytes), secret);
            List<FileContents.Chain> chains = new ArrayList<>();
            List<X509Certificate> single = new ArrayList<>();
            for (String alias : Collections.list(store.aliases())) {
                Certificate[] chain = store.getCertificateChain(alias);
                if (chain != null && chain.length > 0) {
                    chains.add(new FileContents.Chain("alias " + alias, x509(chain), key(store, alias, secret)));
                } else if (store.getCertificate(alias) instanceof X509Certificate trusted) {
                    single.add(trusted);
                }
            }
            if (chains.isEmpty() && single.isEmpty()) {
                FileContents own = withoutJava(bytes, form, secret);
                if (own != null) {
                    return own;
                }
                // Without a password Java passes over encrypted certificates in silence.
                throw password == null
                        ? new FileException(
                                FindingCode.BAD_PASSWORD,
                                file + ": no certificate can be read without a password (" + form + ")")
                        : new FileException(FindingCode.NO_CERTIFICATE_FOUND, file + ": no certificate in it");
            }
            return new FileContents(form, chains, single, List.of());
        } catch (IOException e) {
            boolean opened = !isPasswordFailure(e);
            // Java blames the password for an encrypted PKCS12 certificate that it refuses; a wrong one opens nothing
            // here either.
            FileContents own = opened || form.equals("PKCS12") ? withoutJava(bytes, form, secret) : null;
            if (own != null) {
                return own;
            }
            if (!opened) {
                throw new FileException(
                        FindingCode.BAD_PASSWORD,
                        file + ": the password does not open it (" + form + "; expected: the store's password)");
            }
            throw new FileException(FindingCode.PARSE_ERROR, file + ": damaged or half-written " + form);
        } catch (GeneralSecurityException e) {
            FileContents own = withoutJava(bytes, form, secret);
            if (own != null) {
                return own;
            }
            throw new FileException(FindingCode.PARSE_ERROR, file + ": " + form + ": " + e.getMessage());
        }
    }

    private static boolean isPasswordFailure(IOException e) {
        return e.getCause() instanceof UnrecoverableKeyException
                || String.valueOf(e.getMessage()).contains("password was incorrect");
    }

    /** Absent if nothing is found that way either. */
    private static @Nullable FileContents withoutJava(byte[] bytes, String form, char @Nullable [] secret) {
        try {
            List<X509Certificate> found = form.equals("PKCS12")
                    ? KeyStoreBytes.pkcs12(bytes, secret == null ? new char[0] : secret)
                    : KeyStoreBytes.jks(bytes);
            return found.isEmpty() ? null : FileContents.of(form, LeafChains.of(found), found, List.of());
        } catch (GeneralSecurityException e) {
            return null;
        }
    }

    private static List<X509Certificate> x509(Certificate[] chain) {
        List<X509Certificate> found = new ArrayList<>(chain.length);
        for (Certificate certificate : chain) {
            if (certificate instanceof X509Certificate x509) {
                found.add(x509);
            }
        }
        return found;
    }

    /** The key may have a password of its own; then it is not compared. */
    private static @Nullable PrivateKey key(KeyStore store, String alias, char @Nullable [] secret) {
        try {
            return store.getKey(alias, secret) instanceof PrivateKey key ? key : null;
        } catch (GeneralSecurityException e) {
            return null;
        }
    }
}
