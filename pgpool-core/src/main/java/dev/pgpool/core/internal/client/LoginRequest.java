package dev.pgpool.core.internal.client;

import dev.pgpool.core.config.ClientsConfig;
import dev.pgpool.core.config.PgPoolConfig;
import dev.pgpool.core.internal.wire.StartupPacket;

/**
 * What a client asks for in its StartupMessage.
 *
 * @param startup with where the client comes from in the name of its application, if the configuration wants that
 * @param replication whether the client asks for a walsender
 * @param settings what has to be tried on a server; none for a replication client, whose settings its own server judges
 */
record LoginRequest(StartupPacket.Startup startup, boolean replication, StartupSettings settings) {

    /**
     * Reads the request. The session is told at once who the client says it is.
     *
     * @throws dev.pgpool.core.internal.wire.WireViolation if it can't be understood
     */
    static LoginRequest of(ClientSession session, StartupPacket.Startup packet) {
        ClientsConfig rules = session.services().config().clients();
        StartupPacket.Startup startup = rules.applicationNameAddHost()
                ? ApplicationHost.addedTo(packet, session.connection().channel())
                : packet;
        // before anything else is read: a refusal in the log names user and database
        session.identity().introduced(user(startup), database(startup));
        boolean replication = ReplicationRequest.isWanted(startup.parameters().get("replication"));
        StartupSettings settings = replication ? StartupSettings.NONE : StartupSettings.of(startup, rules);
        return new LoginRequest(startup, replication, settings);
    }

    private static String user(StartupPacket.Startup startup) {
        return startup.parameters().getOrDefault("user", "");
    }

    private static String database(StartupPacket.Startup startup) {
        String database = startup.parameters().getOrDefault("database", "");
        return database.isEmpty() ? user(startup) : database;
    }

    /** Empty if the client gives none. */
    String user() {
        return user(startup);
    }

    /** The name of the user if the client gives none. */
    String database() {
        return database(startup);
    }

    String applicationName() {
        return startup.parameters().getOrDefault("application_name", "");
    }

    /** Whether the client asks for the console. */
    boolean isForConsole() {
        return PgPoolConfig.isConsole(database());
    }

    /** Logical replication is of a database, and rules see it as they see every client that uses that database. */
    boolean isPhysicalReplication() {
        return replication && !"database".equals(startup.parameters().get("replication"));
    }

    /** {@code logical} or {@code physical}, if the client replicates. */
    String replicationKind() {
        return !replication ? "none" : isPhysicalReplication() ? "physical" : "logical";
    }
}
