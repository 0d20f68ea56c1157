package dev.pgpool.certwatch.internal.judge;

import dev.pgpool.certwatch.internal.x509.Der;
import io.netty.util.NetUtil;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Name constraints of authorities (RFC 5280, section 4.2.1.10) on the DNS names and addresses of a leaf. Java checks them too, but
 * not for a path with a certificate or an algorithm that it refuses, and not those of the anchor, which OpenSSL and Go obey.
 */
final class NameConstraints {

    private static final String NAME_CONSTRAINTS = "2.5.29.30";
    private static final int PERMITTED = 0xa0;
    private static final int EXCLUDED = 0xa1;
    private static final int DNS = 0x82;
    private static final int IP = 0x87;

    private NameConstraints() {}

    /** What a path breaks; absent if nothing. */
    static @Nullable String broken(List<X509Certificate> path) {
        X509Certificate leaf = path.get(0);
        for (X509Certificate authority : path.subList(1, path.size())) {
            byte[] extension = authority.getExtensionValue(NAME_CONSTRAINTS);
            if (extension == null) {
                continue;
            }
            Der constraints = Der.of(extension).content();
            for (List<?> name : CertificateFactsCache.alternativeNames(leaf)) {
                if (name.get(0) instanceof Integer type
                        && name.get(1) instanceof String text
                        && (type == ServerNames.DNS || type == ServerNames.IP)
                        && !allowed(constraints, type == ServerNames.DNS ? DNS : IP, text)) {
                    return "\"" + authority.getSubjectX500Principal().getName() + "\" may not issue for "
                            + ServerNames.withType(name) + " (name constraints)";
                }
            }
        }
        return null;
    }

    private static boolean allowed(Der constraints, int kind, String name) {
        List<Der> permitted = trees(constraints, PERMITTED, kind);
        return (permitted.isEmpty() || permitted.stream().anyMatch(base -> within(base, name)))
                && trees(constraints, EXCLUDED, kind).stream().noneMatch(base -> within(base, name));
    }

    /** The bases of one kind of name. */
    private static List<Der> trees(Der constraints, int tag, int kind) {
        List<Der> bases = new ArrayList<>();
        for (Der part : constraints.children()) {
            if (part.is(tag)) {
                part.children().stream()
                        .map(Der::content)
                        .filter(base -> base.is(kind))
                        .forEach(bases::add);
            }
        }
        return bases;
    }

    private static boolean within(Der base, String name) {
        return base.is(DNS)
                ? domain(
                        ServerNames.lower(new String(base.value(), StandardCharsets.ISO_8859_1)),
                        ServerNames.lower(name))
                : network(base.value(), NetUtil.createByteArrayFromIpAddressString(name));
    }

    /** A base without a dot in front covers itself and what is below it, one with a dot only what is below. */
    private static boolean domain(String base, String name) {
        if (base.isEmpty()) {
            return true;
        }
        return base.startsWith(".") ? name.endsWith(base) : name.equals(base) || name.endsWith("." + base);
    }

    /** The base holds an address and its mask. */
    private static boolean network(byte[] base, byte @Nullable [] address) {
        if (address == null || base.length != 2 * address.length) {
            return false;
        }
        for (int i = 0; i < address.length; i++) {
            if (((address[i] ^ base[i]) & base[address.length + i]) != 0) {
                return false;
            }
        }
        return true;
    }
}
