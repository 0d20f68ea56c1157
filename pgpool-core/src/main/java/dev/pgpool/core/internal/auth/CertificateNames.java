package dev.pgpool.core.internal.auth;

import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;
import javax.security.auth.x500.X500Principal;

/**
 * The names in the subject of a client's certificate, as PostgreSQL reads them. What is not plain gives no name, and so
 * lets nobody in.
 */
public final class CertificateNames {
    /** The names of RFC 2253 and those that OpenSSL has besides, so that a user map fits both PostgreSQL and us. */
    private static final Map<String, String> KEYWORDS = Map.of(
            "1.2.840.113549.1.9.1", "emailAddress",
            "2.5.4.4", "SN",
            "2.5.4.5", "serialNumber",
            "2.5.4.12", "title",
            "2.5.4.42", "GN");

    private CertificateNames() {}

    /**
     * The common name.
     *
     * @throws AuthenticationProtocolException if there is none, or more than one, or one that is not plain text
     */
    public static String commonName(X509Certificate certificate) {
        List<String> names = new ArrayList<>();
        try {
            String subject = certificate.getSubjectX500Principal().getName(X500Principal.RFC2253);
            for (Rdn part : new LdapName(subject).getRdns()) {
                var attributes = part.toAttributes().getAll();
                while (attributes.hasMoreElements()) {
                    var attribute = attributes.nextElement();
                    if (attribute.getID().equalsIgnoreCase("CN")) {
                        for (int i = 0; i < attribute.size(); i++) {
                            names.add(attribute.get(i) instanceof String text ? text : "\0");
                        }
                    }
                }
            }
        } catch (InvalidNameException e) {
            throw refused("a subject that cannot be read");
        } catch (javax.naming.NamingException e) {
            throw refused("a common name that cannot be read");
        }
        if (names.size() != 1) {
            throw refused(names.size() + " common names (expected: 1)");
        }
        return plain(names.get(0));
    }

    /** The whole subject in the form of RFC 2253, as {@code openssl x509 -subject -nameopt RFC2253} shows it. */
    public static String distinguishedName(X509Certificate certificate) {
        return plain(certificate.getSubjectX500Principal().getName(X500Principal.RFC2253, KEYWORDS));
    }

    private static String plain(String name) {
        if (name.isEmpty() || name.indexOf('\0') >= 0) {
            throw refused("a name that is empty or not plain text");
        }
        return name;
    }

    private static AuthenticationProtocolException refused(String seen) {
        return new AuthenticationProtocolException(
                AuthenticationProtocolException.INVALID_AUTHORIZATION, "the client's certificate has " + seen);
    }
}
