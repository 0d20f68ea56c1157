package dev.pgpool.backup.internal.archive;

import dev.pgpool.backup.config.PgServer;
import dev.pgpool.backup.internal.dump.ClientTools;
import dev.pgpool.backup.internal.dump.StartOptions;
import dev.pgpool.backup.internal.pg.SessionGroup;
import java.util.List;

/**
 * The database that an archive is loaded into.
 *
 * @param server it is on
 * @param version of that server, as {@code server_version_num}
 * @param database its name
 * @param sessions whose name the program's sessions get
 */
public record LoadTarget(PgServer server, int version, String database, SessionGroup sessions) {

    /** Arguments that pg_restore and psql have in common. */
    List<String> arguments(ClientTools tools, boolean quiet) {
        String options = StartOptions.of(version) + (quiet ? " -c client_min_messages=error" : "");
        return List.of(
                "--no-password",
                "--host=" + server.host(),
                "--port=" + server.port(),
                "--username=" + server.user(),
                "--dbname=" + tools.connection(server, database, sessions.applicationName(), options));
    }
}
