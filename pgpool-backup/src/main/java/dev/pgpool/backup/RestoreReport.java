package dev.pgpool.backup;

import java.time.Duration;
import java.util.List;

/**
 * What a restore did.
 *
 * @param manifest of the backup that was restored
 * @param database it was restored into
 * @param globals what was done for roles and other globals, a line each
 * @param warnings of pg_restore
 * @param duration of the whole
 */
public record RestoreReport(
        BackupManifest manifest, String database, List<String> globals, List<String> warnings, Duration duration) {

    /** Copies. */
    public RestoreReport {
        globals = List.copyOf(globals);
        warnings = List.copyOf(warnings);
    }
}
