package dev.pgpool.core.config;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** Describes how an LDAP directory is asked; given to the lambda of {@code ldap}. Not thread-safe. */
public final class LdapBuilder {
    private List<String> servers = List.of();
    private int port;
    private boolean ldaps;
    private boolean startTls;
    private Optional<String> prefix = Optional.empty();
    private Optional<String> suffix = Optional.empty();
    private Optional<String> baseDn = Optional.empty();
    private LdapScope scope = LdapScope.SUB;
    private Optional<String> bindDn = Optional.empty();
    private Optional<String> bindPassword = Optional.empty();
    private Optional<String> searchAttribute = Optional.empty();
    private Optional<String> searchFilter = Optional.empty();

    /** No default: host names or addresses, asked in this order until one can be reached. */
    public LdapBuilder servers(String... servers) {
        Objects.requireNonNull(servers, "servers");
        this.servers = List.of(servers);
        return this;
    }

    /** Default 389, and 636 with {@link #ldaps}. The port of the servers. */
    public LdapBuilder port(int port) {
        this.port = port;
        return this;
    }

    /**
     * Default false. Whether connections are TLS from their first byte. The certificate must be good by the JVM's trust
     * store, and for the name of the server.
     */
    public LdapBuilder ldaps(boolean ldaps) {
        this.ldaps = ldaps;
        return this;
    }

    /** Default false. Whether connections become TLS by StartTLS before anything is asked; certificates as with ldaps. */
    public LdapBuilder startTls(boolean startTls) {
        this.startTls = startTls;
        return this;
    }

    /** Default none. What stands before the user in the name of its entry. */
    public LdapBuilder prefix(String prefix) {
        this.prefix = Optional.of(Objects.requireNonNull(prefix, "prefix"));
        return this;
    }

    /** Default none. What stands behind the user in the name of its entry. */
    public LdapBuilder suffix(String suffix) {
        this.suffix = Optional.of(Objects.requireNonNull(suffix, "suffix"));
        return this;
    }

    /** Default none. The distinguished name where the search for the user begins. */
    public LdapBuilder baseDn(String baseDn) {
        this.baseDn = Optional.of(Objects.requireNonNull(baseDn, "baseDn"));
        return this;
    }

    /** Default {@link LdapScope#SUB}. How far below the base the search looks. */
    public LdapBuilder scope(LdapScope scope) {
        this.scope = Objects.requireNonNull(scope, "scope");
        return this;
    }

    /** Default: anonymously. As whom the search is made. */
    public LdapBuilder bindDn(String bindDn) {
        this.bindDn = Optional.of(Objects.requireNonNull(bindDn, "bindDn"));
        return this;
    }

    /** Default none. The password of {@link #bindDn}. */
    public LdapBuilder bindPassword(String bindPassword) {
        this.bindPassword = Optional.of(Objects.requireNonNull(bindPassword, "bindPassword"));
        return this;
    }

    /** Default {@code uid}, unless there is a {@link #searchFilter}. The attribute that is the user's name. */
    public LdapBuilder searchAttribute(String searchAttribute) {
        this.searchAttribute = Optional.of(Objects.requireNonNull(searchAttribute, "searchAttribute"));
        return this;
    }

    /** Default none. A filter of RFC 4515 in which {@code $username} stands for the user. */
    public LdapBuilder searchFilter(String searchFilter) {
        this.searchFilter = Optional.of(Objects.requireNonNull(searchFilter, "searchFilter"));
        return this;
    }

    /**
     * One option by its name in {@code pg_hba.conf}, such as {@code ldapserver}.
     *
     * @throws IllegalArgumentException if there is no such option, or it cannot have this value; a password is not shown
     */
    public LdapBuilder option(String name, String value) {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(value, "value");
        if (value.isEmpty()) {
            throw new IllegalArgumentException(name + ": \"\" (expected: a value)");
        }
        return switch (name) {
            case "ldapserver" ->
                servers(Arrays.stream(value.split(" ", -1))
                        .filter(host -> !host.isEmpty())
                        .toArray(String[]::new));
            case "ldapport" -> port(number(value));
            case "ldapscheme" -> ldaps(LdapUrl.isEncrypted(name, value));
            case "ldaptls" -> startTls(value.equals("1"));
            case "ldapprefix" -> prefix(value);
            case "ldapsuffix" -> suffix(value);
            case "ldapbasedn" -> baseDn(value);
            case "ldapbinddn" -> bindDn(value);
            case "ldapbindpasswd" -> bindPassword(value);
            case "ldapsearchattribute" -> searchAttribute(value);
            case "ldapsearchfilter" -> searchFilter(value);
            case "ldapurl" -> LdapUrl.apply(value, this);
            default -> throw new IllegalArgumentException("invalid LDAP option: \"" + name + "\"");
        };
    }

    /**
     * Options as PgBouncer's {@code auth_ldap_options} has them: {@code name=value} with blanks or commas between them, values
     * in double quotes where they have such.
     *
     * @throws IllegalArgumentException as {@link #option}, or if the text is no list of options
     */
    public LdapBuilder options(String text) {
        Objects.requireNonNull(text, "text");
        LdapOptionText.parse(text).forEach(pair -> option(pair.name(), pair.value()));
        return this;
    }

    private static int number(String value) {
        try {
            int port = Integer.parseInt(value);
            if (port > 0) {
                return port;
            }
        } catch (NumberFormatException e) {
            // said below
        }
        throw new IllegalArgumentException("invalid LDAP port number: \"" + value + "\"");
    }

    /** The description as a value; it is checked with the rest of the configuration. */
    public LdapConfig build() {
        return new LdapConfig(
                servers,
                port,
                ldaps,
                startTls,
                prefix,
                suffix,
                baseDn,
                scope,
                bindDn,
                bindPassword,
                searchAttribute,
                searchFilter);
    }
}
