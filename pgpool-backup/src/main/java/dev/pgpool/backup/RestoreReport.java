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

    /** The restore in one line, for people. */
    public String line() {
        return Texts.oneLine(
                "restored " + manifest.id() + " of \"" + manifest.database() + "\" into \"" + database + "\": "
                        + Texts.bytes(manifest.totalBytes()) + " in " + Texts.seconds(duration) + ", " + warnings.size()
                        + " warnings");
    }

    /** The restore as a table: the line, and one for each thing done and each warning. */
    public String table() {
        StringBuilder text = new StringBuilder(line()).append(System.lineSeparator());
        globals.forEach(
                done -> text.append("globals  ").append(Texts.oneLine(done)).append(System.lineSeparator()));
        warnings.forEach(warning ->
                text.append("warning  ").append(Texts.oneLine(warning)).append(System.lineSeparator()));
        return text.toString();
    }
}
