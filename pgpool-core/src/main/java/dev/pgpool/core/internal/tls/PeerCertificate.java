package dev.pgpool.core.internal.tls;

import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import javax.naming.InvalidNameException;
import javax.naming.NamingEnumeration;
import javax.naming.NamingException;
import javax.naming.directory.Attribute;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;
import javax.security.auth.x500.X500Principal;
import org.jspecify.annotations.Nullable;

/**
 * A verified certificate of a peer, under the names by which PostgreSQL knows it.
 *
 * @param certificate the leaf
 */
public record PeerCertificate(X509Certificate certificate) {
    /** OpenSSL writes these by name; Java, by default, only those of RFC 2253. */
    private static final Map<String, String> KEYWORDS = Map.of(
            "1.2.840.113549.1.9.1", "emailAddress",
            "2.5.4.4", "SN",
            "2.5.4.5", "serialNumber",
            "2.5.4.12", "title",
            "2.5.4.42", "GN");

    /**
     * The first common name of the subject, as PostgreSQL compares it for {@code clientname=CN}; null if there is none,
     * or if it has a zero byte in it, by which such names were forged.
     */
    public @Nullable String commonName() {
        try {
            List<Rdn> firstToLast =
                    new LdapName(certificate.getSubjectX500Principal().getName(X500Principal.RFC2253)).getRdns();
            for (Rdn rdn : firstToLast) {
                String name = commonName(rdn);
                if (name != null) {
                    return name.indexOf('\0') < 0 ? name : null;
                }
            }
            return null;
        } catch (InvalidNameException e) {
            return null;
        }
    }

    private static @Nullable String commonName(Rdn rdn) {
        try {
            NamingEnumeration<? extends Attribute> attributes =
                    rdn.toAttributes().getAll();
            while (attributes.hasMore()) {
                Attribute attribute = attributes.next();
                if (attribute.getID().equalsIgnoreCase("CN") && attribute.get() instanceof String name) {
                    return name;
                }
            }
            return null;
        } catch (NamingException e) {
            return null;
        }
    }

    /**
     * The subject in the form of RFC 2253, last part first, as PostgreSQL compares it for {@code clientname=DN}: like
     * {@code CN=andrew,OU=eng+SN=7,O=Corp}. Bytes beyond ASCII are escaped, as OpenSSL does.
     */
    public String distinguishedName() {
        String name = certificate.getSubjectX500Principal().getName(X500Principal.RFC2253, KEYWORDS);
        StringBuilder ascii = new StringBuilder();
        for (byte b : name.getBytes(StandardCharsets.UTF_8)) {
            if (b >= 0) {
                ascii.append((char) b);
            } else {
                ascii.append('\\').append(HexFormat.of().withUpperCase().toHexDigits(b));
            }
        }
        return ascii.toString();
    }

    @Override
    public String toString() {
        return "PeerCertificate[" + distinguishedName() + "]";
    }
}
