package dev.pgpool.backup.catalog;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.time.format.ResolverStyle;
import java.time.temporal.ChronoUnit;
import java.util.Random;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Names a run and the backups it took: {@code 20261123T023000Z-1a2b3c4d}, UTC to the second and eight random hex digits.
 * Ids of one catalog rise from run to run, even if the clock does not. They are for people and for sorting: no decision is
 * taken from the time in an id, those use the manifest's instants.
 *
 * @param value the text
 */
public record BackupId(String value) implements Comparable<BackupId> {

    private static final Pattern FORM = Pattern.compile("\\d{8}T\\d{6}Z-[0-9a-f]{8}");
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss'Z'")
            .withZone(ZoneOffset.UTC)
            .withResolverStyle(ResolverStyle.STRICT);

    /** Checks the form. */
    public BackupId {
        if (!isValid(value)) {
            throw new IllegalArgumentException("backup id \"" + value + "\" (expected: 20261123T023000Z-1a2b3c4d)");
        }
    }

    private static boolean isTime(String text) {
        try {
            TIME.parse(text);
            return true;
        } catch (DateTimeParseException e) {
            return false;
        }
    }

    /** True if the text has the form of an id and its time exists. */
    public static boolean isValid(String text) {
        return FORM.matcher(text).matches() && isTime(text.substring(0, 16));
    }

    /**
     * A new id, later than the newest one known.
     *
     * @param now the clock
     * @param newest the newest id of the catalog, or {@code null} if there is none
     * @param random source of the last eight digits
     */
    public static BackupId next(Instant now, @Nullable BackupId newest, Random random) {
        Instant second = now.truncatedTo(ChronoUnit.SECONDS);
        // An id of years ahead is a forgery or was written by a broken clock: counting on from it would end all labels'
        // sense.
        if (newest != null
                && !second.isAfter(newest.time())
                && newest.time().isBefore(second.plus(366, ChronoUnit.DAYS))) {
            second = newest.time().plusSeconds(1);
        }
        return new BackupId(TIME.format(second) + "-" + String.format("%08x", random.nextInt()));
    }

    /** The time in the label. */
    public Instant time() {
        return Instant.from(TIME.parse(value.substring(0, 16)));
    }

    @Override
    public int compareTo(BackupId other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value;
    }
}
