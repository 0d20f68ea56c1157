package dev.pgpool.backup.internal.dump;

import dev.pgpool.backup.report.BackupException;
import dev.pgpool.backup.report.FailureReason;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Version of a client program.
 *
 * @param number like {@code server_version_num}: 150018
 * @param text as printed: {@code pg_dump (PostgreSQL) 15.18 (Debian ...)}
 */
public record ToolVersion(int number, String text) {

    private static final Pattern FORM = Pattern.compile("\\(PostgreSQL\\) (\\d+)(?:\\.(\\d+))?");

    /** Reads what {@code --version} printed. */
    public static ToolVersion parse(String printed) {
        Matcher matcher = FORM.matcher(printed);
        if (!matcher.find()) {
            throw new BackupException(
                    FailureReason.TOOL_MISSING,
                    "version: \"" + printed.strip() + "\" (expected: pg_dump (PostgreSQL) 15.18)");
        }
        int minor = matcher.group(2) == null ? 0 : Integer.parseInt(matcher.group(2));
        return new ToolVersion(Integer.parseInt(matcher.group(1)) * 10_000 + minor, printed.strip());
    }

    /** 15 of 150018. */
    public int major() {
        return number / 10_000;
    }

    /** 15 of 150018. */
    public static int major(int number) {
        return number / 10_000;
    }
}
