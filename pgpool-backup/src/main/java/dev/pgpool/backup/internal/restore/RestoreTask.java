package dev.pgpool.backup.internal.restore;

import dev.pgpool.backup.catalog.BackupManifest;
import dev.pgpool.backup.config.PgServer;
import dev.pgpool.backup.internal.archive.LoadPlan;
import dev.pgpool.backup.internal.archive.LoadTarget;
import dev.pgpool.backup.internal.globals.GlobalsApplier;
import dev.pgpool.backup.internal.globals.GlobalsScript;
import dev.pgpool.backup.internal.pg.SessionGroup;
import dev.pgpool.backup.restore.RestoreRequest;
import java.sql.Connection;

/**
 * One restore under way.
 *
 * @param manifest of the backup
 * @param request for it
 * @param server as it is administered
 * @param admin session in another database than the target
 * @param version of the server, as {@code server_version_num}
 * @param exists whether the target does
 * @param plan for pg_restore
 * @param globals of the backup, or none
 * @param applier of those
 * @param sessions of the restore
 */
record RestoreTask(
        BackupManifest manifest,
        RestoreRequest request,
        PgServer server,
        Connection admin,
        int version,
        boolean exists,
        LoadPlan plan,
        GlobalsScript globals,
        GlobalsApplier applier,
        SessionGroup sessions) {

    LoadTarget into(String database) {
        return new LoadTarget(server, version, database, sessions);
    }
}
