package dev.pgpool.core.internal.auth.hba;

import dev.pgpool.core.auth.ClientAuthentication;
import dev.pgpool.core.config.LdapBuilder;
import dev.pgpool.core.config.LdapConfig;
import dev.pgpool.core.internal.auth.hba.HbaRule.ConnectionType;
import dev.pgpool.core.internal.auth.hba.HbaRule.Names;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Makes rules of the lines of a {@code pg_hba.conf}. */
final class HbaParser {
    private static final String METHODS =
            "trust, reject, md5, password, scram-sha-256, cert, peer, ldap or authenticator";
    /** PostgreSQL's methods that have no counterpart here. */
    private static final Set<String> FOREIGN = Set.of("gss", "sspi", "ident", "radius", "pam", "bsd", "oauth");

    private final String file;
    private final HbaNames names;
    private final List<String> problems;

    /**
     * @param lists reads what {@code @file} names
     * @param problems where broken lines are reported
     */
    HbaParser(String file, NameLists lists, List<String> problems) {
        this.file = file;
        this.names = new HbaNames(lists);
        this.problems = problems;
    }

    /** The rules of the lines that are not broken: of no use if there are problems. */
    List<HbaRule> parse(String content) {
        List<HbaRule> rules = new ArrayList<>();
        for (RuleLine line : RuleLine.read(file, content, problems)) {
            String where = file + ":" + line.number();
            try {
                rules.add(rule(where, line.fields()));
            } catch (RuleError e) {
                problems.add(where + ": " + e.getMessage());
            }
        }
        return rules;
    }

    private HbaRule rule(String where, List<List<Token>> fields) throws RuleError {
        ConnectionType type = type(single(fields, 0, "connection type", "local, host, hostssl or hostnossl"));
        Names databases = names.databases(field(fields, 1, "database"));
        Names users = names.users(field(fields, 2, "user"));
        int at = 3;
        AddressRange addresses = AddressRange.ALL;
        if (type != ConnectionType.LOCAL) {
            Token address = single(fields, at++, "address", "all, or an address with its prefix length or mask");
            Token mask =
                    AddressRange.needsMask(address) && at < fields.size() ? single(fields, at++, "mask", "") : null;
            addresses = AddressRange.parse(address, mask);
        }
        ClientAuthentication method = method(single(fields, at++, "method", METHODS));
        if (method == ClientAuthentication.LDAP) {
            return new HbaRule(
                    where,
                    type,
                    databases,
                    users,
                    addresses,
                    method,
                    Optional.empty(),
                    false,
                    Optional.of(directory(fields.subList(at, fields.size()))));
        }
        Optional<String> map = Optional.empty();
        boolean byDistinguishedName = false;
        for (; at < fields.size(); at++) {
            String option = single(fields, at, "option", "name=value").text();
            String name = option.substring(0, Math.max(0, option.indexOf('=')));
            String value = option.substring(name.length() + (name.isEmpty() ? 0 : 1));
            switch (name) {
                case "map" -> {
                    require(
                            method == ClientAuthentication.CERT || method == ClientAuthentication.PEER,
                            option,
                            "map= with the methods cert and peer only");
                    require(!value.isEmpty(), option, "map= and the name of a user map");
                    map = Optional.of(value);
                }
                case "clientname" -> {
                    require(method == ClientAuthentication.CERT, option, "clientname= with the method cert only");
                    require(value.equals("CN") || value.equals("DN"), option, "clientname=CN or clientname=DN");
                    byDistinguishedName = value.equals("DN");
                }
                default ->
                    throw new RuleError("option", "\"" + option + "\"", "map=name, clientname=CN or clientname=DN");
            }
        }
        return new HbaRule(
                where, type, databases, users, addresses, method, map, byDistinguishedName, Optional.empty());
    }

    /** The options of the method ldap: as in PgBouncer, there may be commas between them. */
    private static LdapConfig directory(List<List<Token>> fields) throws RuleError {
        LdapBuilder builder = new LdapBuilder();
        for (List<Token> field : fields) {
            for (Token option : field) {
                int equals = option.text().indexOf('=');
                // what has no name may be a part of a secret
                require(equals > 0, "an LDAP option without a value", "name=value");
                try {
                    builder.option(
                            option.text().substring(0, equals), option.text().substring(equals + 1));
                } catch (IllegalArgumentException e) {
                    throw new RuleError(String.valueOf(e.getMessage()));
                }
            }
        }
        LdapConfig directory = builder.build();
        List<String> wrong = directory.problems();
        if (!wrong.isEmpty()) {
            throw new RuleError(String.join("; ", wrong));
        }
        return directory;
    }

    private static ConnectionType type(Token token) throws RuleError {
        return switch (token.text()) {
            case "local" -> ConnectionType.LOCAL;
            case "host" -> ConnectionType.HOST;
            case "hostssl" -> ConnectionType.HOSTSSL;
            case "hostnossl" -> ConnectionType.HOSTNOSSL;
            default ->
                throw new RuleError("connection type", "\"" + token.text() + "\"", "local, host, hostssl or hostnossl");
        };
    }

    /**
     * Cert on lines that are not only for TLS, and peer on those that are not for unix sockets, are taken as PgBouncer takes
     * them: who comes in another way than the method needs is refused.
     */
    private static ClientAuthentication method(Token token) throws RuleError {
        String seen = "\"" + token.text() + "\"";
        ClientAuthentication method = switch (token.text()) {
            case "trust" -> ClientAuthentication.TRUST;
            case "reject" -> ClientAuthentication.REJECT;
            case "md5" -> ClientAuthentication.MD5;
            case "password", "plain" -> ClientAuthentication.PASSWORD;
            case "scram-sha-256" -> ClientAuthentication.SCRAM_SHA_256;
            case "cert" -> ClientAuthentication.CERT;
            case "peer" -> ClientAuthentication.PEER;
            case "ldap" -> ClientAuthentication.LDAP;
            case "authenticator" -> ClientAuthentication.AUTHENTICATOR;
            default ->
                throw new RuleError(
                        "method",
                        seen,
                        FOREIGN.contains(token.text()) ? METHODS + ", which may be the host's own" : METHODS);
        };
        return method;
    }

    private static List<Token> field(List<List<Token>> fields, int at, String what) throws RuleError {
        if (at >= fields.size()) {
            throw new RuleError(what, "the end of the line", "a name, a list of names, @file or all");
        }
        return fields.get(at);
    }

    private static Token single(List<List<Token>> fields, int at, String what, String expected) throws RuleError {
        if (at >= fields.size()) {
            throw new RuleError(what, "the end of the line", expected);
        }
        if (fields.get(at).size() > 1) {
            throw new RuleError(what, Token.shown(fields.get(at)), "one word, no list");
        }
        return fields.get(at).get(0);
    }

    private static void require(boolean condition, String option, String expected) throws RuleError {
        if (!condition) {
            throw new RuleError("option", "\"" + option + "\"", expected);
        }
    }
}
