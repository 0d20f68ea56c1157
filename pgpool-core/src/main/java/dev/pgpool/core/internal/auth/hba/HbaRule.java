package dev.pgpool.core.internal.auth.hba;

import dev.pgpool.core.auth.ClientAuthentication;
import dev.pgpool.core.config.LdapConfig;
import java.net.InetAddress;
import java.util.List;
import java.util.Optional;

/**
 * A line of {@code pg_hba.conf}: which clients it is for, and what it asks of them.
 *
 * @param where file and line, for the log
 * @param addresses not looked at by unix socket
 * @param map the user map that makes users of names in certificates and of the system, if they are not the same
 * @param byDistinguishedName whether a certificate's whole subject is the name, rather than its common name
 * @param ldap the directory that it asks, for the method {@link ClientAuthentication#LDAP}
 */
public record HbaRule(
        String where,
        ConnectionType type,
        Names databases,
        Names users,
        AddressRange addresses,
        ClientAuthentication method,
        Optional<String> map,
        boolean byDistinguishedName,
        Optional<LdapConfig> ldap) {

    /** How the client is connected. */
    enum ConnectionType {
        ANY,
        LOCAL,
        HOST,
        HOSTSSL,
        HOSTNOSSL
    }

    /** The rule that a pooler without a rule file has for every client. */
    public static HbaRule forAll(ClientAuthentication method) {
        Names all = new Names(true, false, true, List.of());
        return new HbaRule(
                "clientAuthentication",
                ConnectionType.ANY,
                all,
                all,
                AddressRange.ALL,
                method,
                Optional.empty(),
                false,
                Optional.empty());
    }

    boolean matches(ClientAttributes client) {
        return matchesConnection(client) && matchesDatabase(client) && users.has(client.user());
    }

    private boolean matchesConnection(ClientAttributes client) {
        InetAddress address = client.address();
        if (address == null) {
            return type == ConnectionType.LOCAL || type == ConnectionType.ANY;
        }
        boolean encryptionFits = switch (type) {
            case LOCAL -> false;
            case ANY, HOST -> true;
            case HOSTSSL -> client.encrypted();
            case HOSTNOSSL -> !client.encrypted();
        };
        return encryptionFits && addresses.contains(address);
    }

    /** As in PostgreSQL, {@code all} does not mean replication: that has to be said. */
    private boolean matchesDatabase(ClientAttributes client) {
        if (client.physicalReplication()) {
            return databases.replication();
        }
        return databases.has(client.database())
                || (databases.sameUser() && client.database().equals(client.user()));
    }

    /**
     * The databases or users of a rule.
     *
     * @param all whether it is for any
     * @param sameUser whether it is for the database that has the user's name
     * @param replication whether it is for physical replication
     */
    record Names(boolean all, boolean sameUser, boolean replication, List<NamePattern> patterns) {
        Names {
            patterns = List.copyOf(patterns);
        }

        boolean has(String name) {
            if (all) {
                return true;
            }
            for (NamePattern pattern : patterns) {
                if (pattern.matches(name)) {
                    return true;
                }
            }
            return false;
        }
    }
}
