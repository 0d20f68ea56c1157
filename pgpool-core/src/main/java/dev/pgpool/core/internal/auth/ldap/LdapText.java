package dev.pgpool.core.internal.auth.ldap;

import dev.pgpool.core.config.LdapConfig;
import javax.naming.ldap.Rdn;

/** Names of entries and filters with the name of a user in them, which an enemy may have chosen. */
final class LdapText {
    private static final String PLACE = "$username";
    private static final String DEFAULT_ATTRIBUTE = "uid";

    private LdapText() {}

    /**
     * The entry of a user, for simple bind. Where prefix or suffix make a distinguished name of it, the user is one value in
     * that, whatever characters it has; {@code DOMAIN\} and {@code @domain} are no such names, and take it as it is.
     *
     * @see <a href="https://www.rfc-editor.org/rfc/rfc4514">RFC 4514, Distinguished Names</a>
     */
    static String entry(LdapConfig directory, String user) {
        String prefix = directory.prefix().orElse("");
        String suffix = directory.suffix().orElse("");
        boolean distinguished = prefix.indexOf('=') >= 0 || suffix.indexOf('=') >= 0;
        return prefix + (distinguished ? Rdn.escapeValue(user) : user) + suffix;
    }

    /** The filter that finds a user. */
    static String filter(LdapConfig directory, String user) {
        String value = value(user);
        if (directory.searchFilter().isEmpty()) {
            return "(" + directory.searchAttribute().orElse(DEFAULT_ATTRIBUTE) + "=" + value + ")";
        }
        String filter = directory.searchFilter().get().replace(PLACE, value);
        // libldap takes a filter without them, too
        return filter.startsWith("(") ? filter : "(" + filter + ")";
    }

    /**
     * A value in a filter.
     *
     * @see <a href="https://www.rfc-editor.org/rfc/rfc4515">RFC 4515, Search Filters</a>
     */
    private static String value(String text) {
        var escaped = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '*' -> escaped.append("\\2a");
                case '(' -> escaped.append("\\28");
                case ')' -> escaped.append("\\29");
                case '\\' -> escaped.append("\\5c");
                case '\0' -> escaped.append("\\00");
                default -> escaped.append(c);
            }
        }
        return escaped.toString();
    }

    /** Fit for a line of a log: printable, bounded. */
    static String shown(String text) {
        var shown = new StringBuilder();
        text.codePoints()
                .limit(300)
                .forEach(c -> shown.appendCodePoint(Character.isISOControl(c) || c == 0x2028 || c == 0x2029 ? '?' : c));
        return shown.toString();
    }
}
