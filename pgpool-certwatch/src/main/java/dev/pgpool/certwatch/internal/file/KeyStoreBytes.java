package dev.pgpool.certwatch.internal.file;

import dev.pgpool.certwatch.internal.x509.Certificates;
import dev.pgpool.certwatch.internal.x509.Der;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;

/**
 * The certificates of a key store whatever Java thinks of it: Java gives up a whole store for one certificate that it refuses, and passes
 * over certificates of a PKCS12 store that stand beside no key, unless Java has written them.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc7292#section-4">RFC 7292, section 4</a>
 */
final class KeyStoreBytes {

    private static final String DATA = "1.2.840.113549.1.7.1";
    private static final String ENCRYPTED_DATA = "1.2.840.113549.1.7.6";
    private static final String CERTIFICATE_BAG = "1.2.840.113549.1.12.10.1.3";
    private static final String SAFE_CONTENTS_BAG = "1.2.840.113549.1.12.10.1.6";
    private static final int KEY_ENTRY = 1;

    private KeyStoreBytes() {}

    /**
     * The certificates of a PKCS12 file in DER, in file order.
     *
     * @throws GeneralSecurityException if the password does not open what is encrypted
     */
    static List<X509Certificate> pkcs12(byte[] encoded, char[] password) throws GeneralSecurityException {
        List<X509Certificate> found = new ArrayList<>();
        Der authSafe = Der.of(encoded).child(1);
        if (authSafe.child(0).oid().equals(DATA)) {
            for (Der info : Der.of(authSafe.child(1).content().value()).children()) {
                contents(info, password, found);
            }
        }
        return found;
    }

    private static void contents(Der info, char[] password, List<X509Certificate> found)
            throws GeneralSecurityException {
        String type = info.child(0).oid();
        if (type.equals(DATA)) {
            bags(Der.of(info.child(1).content().value()), found, 0);
        } else if (type.equals(ENCRYPTED_DATA)) {
            Der encrypted = info.child(1).content().child(1);
            byte[] plain =
                    Decryption.decrypt(encrypted.child(1), encrypted.child(2).value(), password);
            bags(Der.of(plain), found, 0);
        }
    }

    private static void bags(Der safeContents, List<X509Certificate> found, int depth) {
        for (Der bag : safeContents.children()) {
            String type = bag.child(0).oid();
            Der value = bag.child(1).content();
            if (type.equals(CERTIFICATE_BAG)) {
                add(value.child(1).content().value(), found);
            } else if (type.equals(SAFE_CONTENTS_BAG) && depth < 4) {
                bags(value, found, depth + 1);
            }
        }
    }

    /** The certificates of a JKS or JCEKS file, in file order; none behind an entry of another kind. */
    static List<X509Certificate> jks(byte[] encoded) {
        List<X509Certificate> found = new ArrayList<>();
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(encoded))) {
            in.readInt();
            in.readInt();
            for (int left = in.readInt(); left > 0; left--) {
                int kind = in.readInt();
                in.readUTF();
                in.readLong();
                int certificates = 1;
                if (kind == KEY_ENTRY) {
                    in.skipNBytes(length(in));
                    certificates = in.readInt();
                } else if (kind != 2) {
                    return found;
                }
                for (; certificates > 0; certificates--) {
                    in.readUTF();
                    add(in.readNBytes(length(in)), found);
                }
            }
        } catch (IOException e) {
            // what was read until then counts
        }
        return found;
    }

    private static int length(DataInputStream in) throws IOException {
        int length = in.readInt();
        if (length < 0 || length > in.available()) {
            throw new IOException("an entry of " + length + " bytes");
        }
        return length;
    }

    private static void add(byte[] encoded, List<X509Certificate> found) {
        try {
            found.add(Certificates.parse(encoded));
        } catch (CertificateException e) {
            // without dates there is nothing to watch
        }
    }
}
