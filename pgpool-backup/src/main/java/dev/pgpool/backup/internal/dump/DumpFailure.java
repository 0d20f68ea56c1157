package dev.pgpool.backup.internal.dump;

import dev.pgpool.backup.report.BackupException;
import dev.pgpool.backup.report.FailureReason;

/** Turns how pg_dump ended into an exception with the reason that its words give. */
final class DumpFailure {

    private static final int MAX_TEXT = 2000;

    private DumpFailure() {}

    static BackupException of(String program, int status, String stderr) {
        String how = status > 128 ? "killed by signal " + (status - 128) : "exit status " + status;
        String text = stderr.length() <= MAX_TEXT ? stderr : "..." + stderr.substring(stderr.length() - MAX_TEXT);
        return new BackupException(
                reason(stderr), program + ": " + how + (text.isBlank() ? ", nothing on stderr" : ": " + text.strip()));
    }

    private static FailureReason reason(String stderr) {
        if (stderr.contains("due to conflict with recovery")
                || stderr.contains("terminating connection due to administrator command")) {
            return FailureReason.SOURCE_CONFLICT;
        }
        if (stderr.contains("aborting because of server version mismatch")) {
            return FailureReason.VERSION_MISMATCH;
        }
        if (stderr.contains("connection to server") && stderr.contains("failed")) {
            return FailureReason.SOURCE_UNREACHABLE;
        }
        return FailureReason.DUMP_EXIT;
    }
}
