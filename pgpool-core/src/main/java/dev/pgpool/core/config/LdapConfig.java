package dev.pgpool.core.config;

import dev.pgpool.core.auth.ClientAuthentication;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;

/**
 * Where {@link ClientAuthentication#LDAP} asks, and how: PostgreSQL's and PgBouncer's {@code ldap} options.
 *
 * <p>There are two ways. <i>Simple bind</i>: the user's entry is {@code prefix + user + suffix}. <i>Search and bind</i>: the
 * entry is the only one below {@code baseDn} that the filter finds. The password of the client is then tried on that entry.
 *
 * @param servers host names or addresses, asked in this order until one can be reached
 * @param port of the servers; 0 means 389, or 636 with {@code ldaps}
 * @param ldaps whether connections are TLS from their first byte
 * @param startTls whether connections become TLS by StartTLS before anything is asked
 * @param prefix what stands before the user in the name of its entry; only for simple bind
 * @param suffix what stands behind the user in the name of its entry; only for simple bind
 * @param baseDn where the search begins; only for search and bind
 * @param scope how far below {@code baseDn} it looks
 * @param bindDn as whom the search is made; anonymously if empty
 * @param bindPassword the password of {@code bindDn}
 * @param searchAttribute the attribute that is the user's name; {@code uid} if neither it nor a filter is given
 * @param searchFilter a filter of RFC 4515 in which {@code $username} stands for the user
 */
public record LdapConfig(
        List<String> servers,
        int port,
        boolean ldaps,
        boolean startTls,
        Optional<String> prefix,
        Optional<String> suffix,
        Optional<String> baseDn,
        LdapScope scope,
        Optional<String> bindDn,
        Optional<String> bindPassword,
        Optional<String> searchAttribute,
        Optional<String> searchFilter) {
    private static final Pattern ATTRIBUTE = Pattern.compile("[A-Za-z0-9][A-Za-z0-9.;-]*");
    private static final int MAX_PORT = 65_535;

    public LdapConfig {
        servers = List.copyOf(servers);
    }

    /** Whether the user's entry is searched for. */
    public boolean isSearch() {
        return baseDn.isPresent();
    }

    /** Options as {@link LdapBuilder#options} takes them, fit to be shown: the password is not in them. */
    public static String redacted(String options) {
        return LdapOptionText.redacted(options);
    }

    /** What is wrong with it, one text for each problem, in the names of PgBouncer's options; no secret is in them. */
    public List<String> problems() {
        List<String> problems = new ArrayList<>();
        if (servers.isEmpty() || servers.stream().anyMatch(LdapConfig::isNoHost)) {
            problems.add("ldapserver: " + servers + " (expected: names of hosts with blanks between them;"
                    + " the name service is not asked for servers)");
        }
        if (port < 0 || port > MAX_PORT) {
            problems.add("ldapport: " + port + " (expected: 1 to " + MAX_PORT + ")");
        }
        boolean simple = prefix.isPresent() || suffix.isPresent();
        boolean search = baseDn.isPresent()
                || bindDn.isPresent()
                || bindPassword.isPresent()
                || searchAttribute.isPresent()
                || searchFilter.isPresent();
        if (simple && search) {
            problems.add("cannot mix options for simple bind and search+bind modes");
        } else if (!simple && baseDn.isEmpty()) {
            problems.add("authentication method \"ldap\" requires argument \"ldapbasedn\", \"ldapprefix\", or"
                    + " \"ldapsuffix\" to be set");
        }
        if (searchAttribute.isPresent() && searchFilter.isPresent()) {
            problems.add("cannot use ldapsearchattribute together with ldapsearchfilter");
        }
        baseDn.filter(dn -> !isName(dn))
                .ifPresent(dn -> problems.add("ldapbasedn: \"" + dn + "\" (expected: a distinguished name)"));
        searchAttribute
                .filter(name -> !ATTRIBUTE.matcher(name).matches())
                .ifPresent(name ->
                        problems.add("ldapsearchattribute: \"" + name + "\" (expected: the name of an attribute)"));
        return problems;
    }

    void check(String path, Problems problems) {
        problems().forEach(problem -> problems.add(path + ": " + problem));
    }

    /** It becomes a part of a URL. */
    private static boolean isNoHost(String host) {
        boolean numeric = host.startsWith("[") && host.endsWith("]");
        return host.isEmpty()
                || (host.indexOf(':') >= 0 && !numeric)
                || host.chars().anyMatch(c -> c <= ' ' || c > '~' || "/?#@\"<>\\^`{|}%".indexOf(c) >= 0);
    }

    private static boolean isName(String dn) {
        try {
            return new LdapName(dn).size() >= 0;
        } catch (InvalidNameException e) {
            return false;
        }
    }

    @Override
    public String toString() {
        return "LdapConfig[servers=" + servers + ", port=" + port + ", ldaps=" + ldaps + ", startTls=" + startTls
                + ", prefix=" + prefix + ", suffix=" + suffix + ", baseDn=" + baseDn + ", scope=" + scope + ", bindDn="
                + bindDn + ", bindPassword=" + (bindPassword.isPresent() ? "<redacted>" : "<none>")
                + ", searchAttribute=" + searchAttribute + ", searchFilter=" + searchFilter + "]";
    }
}
