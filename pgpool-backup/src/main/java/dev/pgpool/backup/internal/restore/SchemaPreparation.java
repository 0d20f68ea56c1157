package dev.pgpool.backup.internal.restore;

import static dev.pgpool.backup.internal.pg.Sessions.identifier;

import dev.pgpool.backup.catalog.BackupManifest.Contents;
import dev.pgpool.backup.config.PgServer;
import dev.pgpool.backup.internal.pg.SessionGroup;
import dev.pgpool.backup.internal.pg.Sessions;
import dev.pgpool.backup.report.BackupException;
import dev.pgpool.backup.report.FailureReason;
import dev.pgpool.backup.restore.RestorePart;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;

/**
 * Makes a new database ready for the dump of a part of another one: a dump of tables holds no schemas, and one of schemas creates
 * public, which a new database has already.
 */
public final class SchemaPreparation {

    private SchemaPreparation() {}

    /** Makes the database of a restore ready. Of a part its own schemas are made; public stays, as it is not restored then. */
    static void prepare(RestoreTask work, String database) {
        Contents contents = work.manifest().contents();
        RestorePart part = work.request().part();
        if (part == null) {
            prepare(work.server(), database, contents, work.sessions());
            return;
        }
        Set<String> schemas = new TreeSet<>(part.schemas());
        part.tables().forEach(table -> schemas.add(table.schema()));
        schemas.retainAll(Objects.requireNonNull(contents.missingSchemas()));
        create(work.server(), database, false, schemas, work.sessions());
    }

    public static void prepare(PgServer server, String database, Contents contents, SessionGroup sessions) {
        List<String> missing = Objects.requireNonNull(contents.missingSchemas());
        create(server, database, Boolean.TRUE.equals(contents.createsPublic()), missing, sessions);
    }

    private static void create(
            PgServer server,
            String database,
            boolean createsPublic,
            Collection<String> missing,
            SessionGroup sessions) {
        if (missing.isEmpty() && !createsPublic) {
            return;
        }
        try (Connection connection = Sessions.open(server, database, sessions)) {
            if (createsPublic) {
                // Without CASCADE: it is empty, or the restore shall fail.
                Sessions.execute(connection, "DROP SCHEMA IF EXISTS public");
            }
            for (String schema : missing) {
                Sessions.execute(connection, "CREATE SCHEMA IF NOT EXISTS " + identifier(schema));
            }
        } catch (SQLException e) {
            throw new BackupException(FailureReason.RESTORE_FAILED, "schemas of the backup: " + e.getMessage(), e);
        }
    }
}
