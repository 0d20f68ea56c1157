package dev.pgpool.certwatch.internal.judge;

import io.netty.util.NetUtil;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.List;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;
import org.jspecify.annotations.Nullable;

/**
 * Whether a certificate is for a name, after RFC 9525: DNS names only against dNSName, a wildcard only as the whole left-most
 * label and for one label, addresses only against iPAddress. The common name counts only where libpq and Java take it: if
 * there is no dNSName at all.
 */
final class ServerNames {

    static final int DNS = 2;
    static final int IP = 7;

    enum Match {
        YES,
        /** Only the common name fits. */
        COMMON_NAME,
        NO
    }

    private ServerNames() {}

    static Match match(X509Certificate certificate, String serverName) {
        byte @Nullable [] address = NetUtil.createByteArrayFromIpAddressString(serverName);
        boolean anyDnsName = false;
        for (List<?> entry : CertificateFactsCache.alternativeNames(certificate)) {
            if (!(entry.get(0) instanceof Integer type) || !(entry.get(1) instanceof String text)) {
                continue;
            }
            anyDnsName |= type == DNS;
            if (address == null ? type == DNS && matches(text, serverName) : type == IP && sameAddress(text, address)) {
                return Match.YES;
            }
        }
        String commonName = commonName(certificate);
        if (!anyDnsName && commonName != null) {
            boolean fits = address == null ? matches(commonName, serverName) : sameAddress(commonName, address);
            return fits ? Match.COMMON_NAME : Match.NO;
        }
        return Match.NO;
    }

    /** A name to compare with, and what kind of alternative name must hold it. */
    static String withType(String serverName) {
        return (NetUtil.createByteArrayFromIpAddressString(serverName) == null ? "DNS:" : "IP:") + serverName;
    }

    /** An alternative name with its kind, in OpenSSL's words. */
    static String withType(List<?> name) {
        int type = name.get(0) instanceof Integer number ? number : -1;
        return switch (type) {
            case 0 -> "othername";
            case 1 -> "email:" + name.get(1);
            case DNS -> "DNS:" + name.get(1);
            case 4 -> "DirName:" + name.get(1);
            case 6 -> "URI:" + name.get(1);
            case IP -> "IP:" + name.get(1);
            default -> "name of type " + type;
        };
    }

    private static boolean sameAddress(String text, byte[] address) {
        return Arrays.equals(NetUtil.createByteArrayFromIpAddressString(text), address);
    }

    static boolean matches(String pattern, String name) {
        String lower = lower(name);
        String wanted = lower.endsWith(".") ? lower.substring(0, lower.length() - 1) : lower;
        String given = lower(pattern);
        if (!isHostName(given)) {
            return false;
        }
        if (!given.startsWith("*.")) {
            return given.indexOf('*') < 0 && given.equals(wanted);
        }
        String parent = given.substring(1);
        int dot = wanted.indexOf('.');
        // "*.org" would be a certificate for a whole top-level domain.
        return dot > 0
                && parent.indexOf('*') < 0
                && parent.indexOf('.', 1) > 0
                && wanted.substring(dot).equals(parent);
    }

    /** Only letters of ASCII have two cases in the DNS: Unicode's rules make a k out of the sign for Kelvin. */
    static String lower(String name) {
        StringBuilder lower = new StringBuilder(name);
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            if (c >= 'A' && c <= 'Z') {
                lower.setCharAt(i, (char) (c + 'a' - 'A'));
            }
        }
        return lower.toString();
    }

    /** A dNSName has no trailing dot and no empty label (RFC 5280, section 4.2.1.6); OpenSSL, Java and Go refuse it otherwise. */
    private static boolean isHostName(String name) {
        return !name.isEmpty() && !name.startsWith(".") && !name.endsWith(".") && !name.contains("..");
    }

    private static @Nullable String commonName(X509Certificate certificate) {
        try {
            LdapName subject =
                    new LdapName(certificate.getSubjectX500Principal().getName());
            List<Rdn> parts = subject.getRdns();
            for (int i = parts.size() - 1; i >= 0; i--) {
                if (parts.get(i).getType().equalsIgnoreCase("CN")
                        && parts.get(i).getValue() instanceof String name) {
                    return name;
                }
            }
            return null;
        } catch (InvalidNameException e) {
            return null;
        }
    }
}
