package dev.pgpool.backup.internal.verify;

import static dev.pgpool.backup.internal.pg.Sessions.identifier;
import static dev.pgpool.backup.internal.pg.Sessions.literal;

import dev.pgpool.backup.config.PgServer;
import dev.pgpool.backup.internal.log.PeerLog;
import dev.pgpool.backup.internal.pg.SessionGroup;
import dev.pgpool.backup.internal.pg.Sessions;
import dev.pgpool.backup.report.BackupException;
import java.sql.Connection;
import java.sql.SQLException;

/** Removes what keeps PostgreSQL from dropping a scratch database; all of it is the database's own. Does as much as it can. */
final class ScratchCleanup {

    private static final PeerLog LOGGER = PeerLog.of(ScratchCleanup.class);

    private ScratchCleanup() {}

    private interface Step {
        void run() throws SQLException;
    }

    static void remove(PgServer server, Connection admin, String name, SessionGroup sessions) {
        attempt(name, () -> Sessions.execute(admin, "ALTER DATABASE " + identifier(name) + " IS_TEMPLATE false"));
        attempt(
                name,
                () -> Sessions.execute(
                        admin, "ALTER DATABASE " + identifier(name) + " ALLOW_CONNECTIONS true CONNECTION LIMIT -1"));
        attempt(
                name,
                () -> Sessions.execute(
                        admin,
                        "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE active AND database = "
                                + literal(name)));
        attempt(
                name,
                () -> Sessions.execute(
                        admin,
                        "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE database = "
                                + literal(name)));
        attempt(name, () -> inside(server, name, sessions));
    }

    private static void inside(PgServer server, String name, SessionGroup sessions) throws SQLException {
        try (Connection scratch = Sessions.open(server, name, sessions)) {
            for (var row : Sessions.rows(
                    scratch,
                    "SELECT subname FROM pg_subscription WHERE subdbid = (SELECT oid FROM pg_database WHERE datname ="
                            + " current_database())")) {
                String subscription = identifier(String.valueOf(row.get(0)));
                attempt(name, () -> Sessions.execute(scratch, "ALTER SUBSCRIPTION " + subscription + " DISABLE"));
                // Without a slot nothing is asked of the publisher, which may be the one that is in use.
                attempt(
                        name,
                        () -> Sessions.execute(
                                scratch, "ALTER SUBSCRIPTION " + subscription + " SET (slot_name = NONE)"));
                attempt(name, () -> Sessions.execute(scratch, "DROP SUBSCRIPTION " + subscription));
            }
            for (var row :
                    Sessions.rows(scratch, "SELECT gid FROM pg_prepared_xacts WHERE database = current_database()")) {
                attempt(
                        name,
                        () -> Sessions.execute(scratch, "ROLLBACK PREPARED " + literal(String.valueOf(row.get(0)))));
            }
        }
    }

    private static void attempt(String name, Step step) {
        try {
            step.run();
        } catch (SQLException | BackupException e) {
            LOGGER.debug("Before dropping {}: {}", name, e.getMessage());
        }
    }
}
