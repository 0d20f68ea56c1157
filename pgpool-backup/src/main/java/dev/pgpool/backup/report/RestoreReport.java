package dev.pgpool.backup.report;

import dev.pgpool.backup.catalog.BackupManifest;
import dev.pgpool.backup.internal.text.DisplayText;
import java.time.Duration;
import java.util.List;

/**
 * What a restore did.
 *
 * @param manifest of the backup that was restored
 * @param database it was restored into
 * @param globals what was done for roles and other globals, a line each
 * @param warnings of pg_restore
 * @param leftOut what the role may not do, or what the part does not take along, a line each
 * @param errors that were tolerated; of many the first hundred
 * @param errorCount how many errors were tolerated
 * @param duration of the whole
 */
public record RestoreReport(
        BackupManifest manifest,
        String database,
        List<String> globals,
        List<String> warnings,
        List<String> leftOut,
        List<String> errors,
        int errorCount,
        Duration duration) {

    /** Copies. */
    public RestoreReport {
        globals = List.copyOf(globals);
        warnings = List.copyOf(warnings);
        leftOut = List.copyOf(leftOut);
        errors = List.copyOf(errors);
    }

    /** The restore in one line, for people. */
    public String line() {
        return DisplayText.oneLine(
                "restored " + manifest.id() + " of \"" + manifest.database() + "\" into \"" + database + "\": "
                        + DisplayText.bytes(manifest.totalBytes()) + " in " + DisplayText.duration(duration) + ", "
                        + warnings.size()
                        + " warnings" + (leftOut.isEmpty() ? "" : ", " + leftOut.size() + " things left out")
                        + (errorCount == 0 ? "" : ", " + errorCount + " errors tolerated"));
    }

    /** The restore as a table: the line, and one for each thing done, warning, thing left out and error. */
    public String table() {
        StringBuilder text = new StringBuilder(line()).append(System.lineSeparator());
        globals.forEach(done ->
                text.append("globals  ").append(DisplayText.oneLine(done)).append(System.lineSeparator()));
        warnings.forEach(warning ->
                text.append("warning  ").append(DisplayText.oneLine(warning)).append(System.lineSeparator()));
        leftOut.forEach(thing ->
                text.append("left out ").append(DisplayText.oneLine(thing)).append(System.lineSeparator()));
        errors.forEach(error ->
                text.append("error    ").append(DisplayText.oneLine(error)).append(System.lineSeparator()));
        return text.toString();
    }
}
