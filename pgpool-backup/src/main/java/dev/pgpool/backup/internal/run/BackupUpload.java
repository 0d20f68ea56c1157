package dev.pgpool.backup.internal.run;

import dev.pgpool.backup.catalog.BackupManifest.StoredPart;
import dev.pgpool.backup.internal.catalog.KeyLayout;
import dev.pgpool.backup.internal.context.EngineContext;
import dev.pgpool.backup.internal.dump.Dump;
import dev.pgpool.backup.internal.globals.GlobalsReader;
import dev.pgpool.backup.internal.pg.Sessions;
import dev.pgpool.backup.internal.stream.Encryption.Sealed;
import dev.pgpool.backup.internal.stream.PartPlan;
import dev.pgpool.backup.internal.stream.TransferProgress;
import dev.pgpool.backup.internal.stream.UploadResult;
import dev.pgpool.backup.report.BackupException;
import dev.pgpool.backup.report.FailureReason;
import dev.pgpool.backup.store.WriteOptions;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** Sends the objects of one backup to the store, encrypted if there are keys. */
final class BackupUpload {

    private final EngineContext context;
    private final RunScope scope;
    private final String database;
    private final String home;

    /**
     * An upload.
     *
     * @param home key that all objects of the backup begin with
     */
    BackupUpload(EngineContext context, RunScope scope, String database, String home) {
        this.context = context;
        this.scope = scope;
        this.database = database;
        this.home = home;
    }

    /** The dump, to its end. */
    StoredPart data(Dump dump, PartPlan plan, @Nullable Instant lockUntil, TransferProgress progress) {
        String key = home + context.config().dump().format().fileName();
        Sealed sealed = context.encryption().seal(dump.stream());
        UploadResult stored = context.uploader()
                .upload(
                        key,
                        sealed.stream(),
                        plan,
                        WriteOptions.ofBackup("application/octet-stream", lockUntil),
                        progress);
        return stored.part("data", key, sealed.plainBytes().getAsLong());
    }

    /** Roles and all else that belongs to the database but is not in its dump. */
    StoredPart globals(@Nullable Instant lockUntil) {
        String script;
        try (Connection connection = Sessions.open(context.config().source(), database, scope.sessions())) {
            script = GlobalsReader.read(connection, scope.preflight().cluster().version(), database);
        } catch (SQLException e) {
            throw new BackupException(FailureReason.SOURCE_UNREACHABLE, "reading roles: " + e.getMessage(), e);
        }
        byte[] plain = script.getBytes(StandardCharsets.UTF_8);
        Sealed sealed = context.encryption().seal(new ByteArrayInputStream(plain));
        String key = home + KeyLayout.GLOBALS;
        PartPlan plan = context.partPlan(plain.length);
        UploadResult stored = context.uploader()
                .upload(
                        key,
                        sealed.stream(),
                        plan,
                        WriteOptions.ofBackup("application/sql", lockUntil),
                        new TransferProgress());
        return stored.part("globals", key, plain.length);
    }
}
