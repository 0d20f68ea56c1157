package dev.pgpool.core.config;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * {@code ldap://host:port/base?attribute?scope?filter}. As in PostgreSQL, the scope is {@code base} where it is not given, and
 * of several attributes the first one counts.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc4516">RFC 4516, Uniform Resource Locator</a>
 */
final class LdapUrl {
    private static final Pattern FORM =
            Pattern.compile("([A-Za-z]+)://(\\[[^\\]/?]*\\]|[^:/?]*)(?::([0-9]{1,5}))?(?:/(.*))?", Pattern.DOTALL);
    private static final int PARTS = 5;

    private LdapUrl() {}

    static LdapBuilder apply(String url, LdapBuilder builder) {
        Matcher form = FORM.matcher(url);
        if (!form.matches()) {
            throw malformed(url);
        }
        builder.ldaps(isEncrypted("ldapurl", form.group(1).toLowerCase(Locale.ROOT)));
        if (!form.group(2).isEmpty()) {
            builder.servers(form.group(2));
        }
        String port = form.group(3);
        builder.port(port == null ? 0 : Integer.parseInt(port));
        String path = form.group(4);
        String[] parts = (path == null ? "" : path).split("\\?", -1);
        if (parts.length > PARTS) {
            throw malformed(url);
        }
        builder.baseDn(decoded(url, parts[0]));
        String attribute = decoded(url, part(parts, 1)).split(",", -1)[0];
        if (!attribute.isEmpty()) {
            builder.searchAttribute(attribute);
        }
        builder.scope(scope(url, part(parts, 2).toLowerCase(Locale.ROOT)));
        String filter = decoded(url, part(parts, 3));
        if (!filter.isEmpty()) {
            builder.searchFilter(filter);
        }
        return builder;
    }

    static boolean isEncrypted(String option, String scheme) {
        return switch (scheme) {
            case "ldap" -> false;
            case "ldaps" -> true;
            default ->
                throw new IllegalArgumentException(option + ": scheme \"" + scheme + "\" (expected: ldap or ldaps)");
        };
    }

    private static LdapScope scope(String url, String word) {
        return switch (word) {
            case "", "base" -> LdapScope.BASE;
            case "one", "onelevel" -> LdapScope.ONE;
            case "sub", "subtree" -> LdapScope.SUB;
            default -> throw malformed(url);
        };
    }

    private static String part(String[] parts, int at) {
        return at < parts.length ? parts[at] : "";
    }

    private static String decoded(String url, String text) {
        byte[] raw = text.getBytes(StandardCharsets.UTF_8);
        ByteBuffer bytes = ByteBuffer.allocate(raw.length);
        for (int i = 0; i < raw.length; i++) {
            if (raw[i] != '%') {
                bytes.put(raw[i]);
                continue;
            }
            int high = i + 2 < raw.length ? Character.digit(raw[i + 1], 16) : -1;
            int low = high >= 0 ? Character.digit(raw[i + 2], 16) : -1;
            if (low < 0) {
                throw malformed(url);
            }
            bytes.put((byte) (high * 16 + low));
            i += 2;
        }
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(bytes.flip()).toString();
        } catch (CharacterCodingException e) {
            throw malformed(url);
        }
    }

    private static IllegalArgumentException malformed(String url) {
        return new IllegalArgumentException("could not parse LDAP URL \"" + url
                + "\" (expected: ldap[s]://host[:port]/dn[?attribute[?scope[?filter]]])");
    }
}
