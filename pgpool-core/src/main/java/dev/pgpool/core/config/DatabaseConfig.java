package dev.pgpool.core.config;

import java.util.Optional;

/**
 * One database as clients see it, and where it really is.
 *
 * @param name what clients connect to, or {@link #FALLBACK}
 * @param hosts the servers that have it
 * @param databaseName name of the database on the server; empty means the name that the client used
 * @param user the user for every server connection; empty means the client's own
 * @param password secret of the forced user, if it has one; only with {@code user}
 * @param connectQuery SQL that each new server connection runs before its first use
 * @param pool limits of each pool of this database
 * @param sessionState what becomes of session state between clients
 * @param tls how connections to the servers are encrypted
 * @param authQuery asks for the secrets of this database's users; empty means as for all
 * @param fleet a budget of servers that its pools share with other poolers; empty means as for all
 */
public record DatabaseConfig(
        String name,
        HostsConfig hosts,
        Optional<String> databaseName,
        Optional<String> user,
        Optional<String> password,
        Optional<String> connectQuery,
        PoolConfig pool,
        SessionStateConfig sessionState,
        TlsConfig tls,
        Optional<AuthQueryConfig> authQuery,
        Optional<FleetConfig> fleet) {

    /** Name of the entry that serves every database without an entry of its own. */
    public static final String FALLBACK = "*";

    void check(Problems problems) {
        String path = "databases." + name;
        problems.require(!name.isEmpty() && name.length() <= 63, path, "\"" + name + "\"", "a name of 1 to 63 bytes");
        hosts.check(path, problems);
        problems.require(
                password.isEmpty() || user.isPresent(), path + ".password", "a password", "none without a forced user");
        problems.require(
                user.isEmpty() || !user.get().isEmpty(), path + ".user", "\"\"", "a user name, or none at all");
        if (user.isPresent() && password.isPresent()) {
            problems.secret(path + ".password", user.get(), password.get());
        }
        problems.require(
                connectQuery.isEmpty()
                        || (!connectQuery.get().isBlank() && connectQuery.get().indexOf('\0') < 0),
                path + ".connectQuery",
                "blank or with a zero byte",
                "SQL, or none at all");
        pool.check(path, problems);
        sessionState.check(path, problems);
        tls.checkForServers(path + ".tls", problems);
        authQuery.ifPresent(query -> query.check(path + ".authQuery", problems));
    }

    @Override
    public String toString() {
        return "DatabaseConfig[name=" + name + ", hosts=" + hosts + ", databaseName=" + databaseName
                + ", user=" + user + ", password=" + (password.isPresent() ? "<redacted>" : "<none>")
                + ", connectQuery="
                + connectQuery + ", pool=" + pool + ", sessionState=" + sessionState + ", tls=" + tls + ", authQuery="
                + authQuery + ", fleet=" + fleet + "]";
    }
}
