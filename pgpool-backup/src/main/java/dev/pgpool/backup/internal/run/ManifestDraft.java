package dev.pgpool.backup.internal.run;

import dev.pgpool.backup.catalog.BackupManifest;
import dev.pgpool.backup.catalog.BackupManifest.Contents;
import dev.pgpool.backup.catalog.BackupManifest.StoredPart;
import dev.pgpool.backup.internal.context.EngineContext;
import dev.pgpool.backup.internal.dump.DumpCommand;
import dev.pgpool.backup.internal.pg.DatabaseFacts;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Writes down what a backup is, once all of it is stored. */
final class ManifestDraft {

    private static final String APPLICATION_VERSION = "0.1.0";

    private final EngineContext context;
    private final RunScope scope;
    private final String database;

    ManifestDraft(EngineContext context, RunScope scope, String database) {
        this.context = context;
        this.scope = scope;
        this.database = database;
    }

    BackupManifest of(
            Instant startedAt,
            DatabaseFacts facts,
            DumpCommand command,
            List<StoredPart> objects,
            Contents contents,
            List<String> warnings,
            @Nullable Instant lockUntil) {
        return new BackupManifest(
                BackupManifest.FORMAT_VERSION,
                APPLICATION_VERSION,
                scope.id(),
                startedAt,
                context.clock().instant(),
                new BackupManifest.Source(
                        scope.cluster(),
                        scope.preflight().cluster().systemIdentifier(),
                        database,
                        facts.oid(),
                        scope.preflight().cluster().version(),
                        facts.walPosition(),
                        facts.encoding(),
                        facts.collate(),
                        facts.ctype(),
                        facts.provider(),
                        facts.locale(),
                        facts.collationVersion(),
                        facts.dataChecksums(),
                        scope.sessions().applicationName()),
                new BackupManifest.Tool(
                        scope.preflight().tool().number(),
                        scope.preflight().tool().text(),
                        command.arguments().stream()
                                .map(context.tools().redactor(context.config().source())::redact)
                                .toList(),
                        command.format()),
                objects,
                context.encryption().describe(),
                contents,
                warnings,
                lockUntil);
    }
}
