package dev.pgpool.core.config;

import java.util.Optional;

/**
 * One database as clients see it, and where it really is.
 *
 * @param name what clients connect to, or {@link #FALLBACK}
 * @param host host name, address, or a directory (starting with {@code /}) that holds the server's unix socket
 * @param port port of the server
 * @param databaseName name of the database on the server; empty means the name that the client used
 * @param user the user for every server connection; empty means the client's own
 * @param password secret of the forced user, if it has one; only with {@code user}
 * @param pool limits of each pool of this database
 * @param sessionState what becomes of session state between clients
 * @param authQuery asks for the secrets of this database's users; empty means as for all
 */
public record DatabaseConfig(
        String name,
        String host,
        int port,
        Optional<String> databaseName,
        Optional<String> user,
        Optional<String> password,
        PoolConfig pool,
        SessionStateConfig sessionState,
        Optional<AuthQueryConfig> authQuery) {

    /** Name of the entry that serves every database without an entry of its own. */
    public static final String FALLBACK = "*";

    void check(Problems problems) {
        String path = "databases." + name;
        problems.require(!name.isEmpty() && name.length() <= 63, path, "\"" + name + "\"", "a name of 1 to 63 bytes");
        problems.require(!host.isBlank(), path + ".host", "\"" + host + "\"", "a host name, address or directory");
        problems.range(path + ".port", port, 1, 65_535);
        problems.require(
                password.isEmpty() || user.isPresent(), path + ".password", "a password", "none without a forced user");
        problems.require(
                user.isEmpty() || !user.get().isEmpty(), path + ".user", "\"\"", "a user name, or none at all");
        if (user.isPresent() && password.isPresent()) {
            problems.secret(path + ".password", user.get(), password.get());
        }
        pool.check(path, problems);
        sessionState.check(path, problems);
        authQuery.ifPresent(query -> query.check(path + ".authQuery", problems));
    }

    @Override
    public String toString() {
        return "DatabaseConfig[name=" + name + ", host=" + host + ", port=" + port + ", databaseName=" + databaseName
                + ", user=" + user + ", password=" + (password.isPresent() ? "<redacted>" : "<none>") + ", pool="
                + pool + ", sessionState=" + sessionState + ", authQuery=" + authQuery + "]";
    }
}
