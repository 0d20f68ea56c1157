package dev.pgpool.backup.internal.archive;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The errors of pg_restore or psql, read from stderr line by line. Those that are about what only a superuser may do are told
 * apart from the others. Filled by the thread that reads stderr, read after the program's end.
 */
final class LoadErrors implements Consumer<String> {

    private static final int KEPT = 100;
    private static final String COMMAND = "Command was: ";
    private static final Pattern VERB =
            Pattern.compile("^(?:CREATE|ALTER|DROP|COMMENT ON|SECURITY LABEL FOR \\S+ ON) ");
    private static final int MAX_TEXT = 500;

    private static final Pattern ENTRY = Pattern.compile("pg_restore: from TOC entry \\d+; \\d+ \\d+ (.*)");
    /** Several jobs write at once, each line in pieces: what another one has done may stand within the line of an error. */
    private static final String PROGRESS = "(?:finished|launching|skipping) item \\d+ ";

    private static final Pattern ERROR = Pattern.compile("(?:(?:pg_restore: )+|(?:pg_restore: ){2,}" + PROGRESS
            + ".*?|pg_restore: " + PROGRESS + ".*?pg_restore: )error: (?:could not execute query: )?(.*)|"
            + "psql:<stdin>:\\d+: (?!WARNING:|NOTICE:|INFO:|LOG:|DEBUG:)(.*)");
    private static final Pattern TORN = Pattern.compile("(?:pg_restore: |\\s)*(?:" + PROGRESS + ".*)?");
    private static final Pattern BEGUN_TWICE =
            Pattern.compile("(?:pg_restore: ){2,}(?:" + PROGRESS + ".*)?|pg_restore: " + PROGRESS + ".*pg_restore: ");
    private static final String ERROR_WITHOUT_PROGRAM = "error: ";
    private static final Pattern IGNORED = Pattern.compile("pg_restore: warning: errors ignored on restore: (\\d+)");

    /** Kinds of objects that only a superuser makes; by them a refusal is known whatever language the server speaks. */
    private static final Set<String> SUPERUSERS_KINDS = Set.of(
            "EVENT TRIGGER", "FOREIGN DATA WRAPPER", "PROCEDURAL LANGUAGE", "SUBSCRIPTION", "PUBLICATION", "TRANSFORM");

    private static final Pattern FORBIDDEN =
            Pattern.compile("permission denied|must be superuser|[Mm]ust be owner|must be"
                    + " member|must have|must be able to SET ROLE|[Oo]nly roles with|must be a superuser|42501");

    private static final Pattern CONNECTION_LOST = Pattern.compile("server closed the connection|terminating"
            + " connection|no connection to the server|connection not open|could not (?:send|receive) data|SSL"
            + " (?:SYSCALL|connection)|connection to server");

    private final List<String> forbidden = new ArrayList<>();
    private final List<String> others = new ArrayList<>();
    private String entry = "";
    /** An error whose command has not been read; pg_restore writes both at once. */
    private @Nullable String pending;

    /** Whether the last line had the beginning of another one in it. */
    private boolean begunTwice;

    private int forbiddenCount;
    private int otherCount;
    private boolean connectionLost;
    private boolean finished;

    @Override
    public synchronized void accept(String line) {
        Matcher from = ENTRY.matcher(line);
        if (from.matches()) {
            entry = from.group(1);
            return;
        }
        if (IGNORED.matcher(line).matches()) {
            finished = true;
            return;
        }
        if (line.startsWith(COMMAND)) {
            settle(line.substring(COMMAND.length()));
            return;
        }
        String message = messageOf(line);
        begunTwice = BEGUN_TWICE.matcher(line).matches();
        if (message != null) {
            settle("");
            pending = message;
        } else if (pending != null
                && !line.isEmpty()
                && !line.startsWith("pg_restore: ")
                && TORN.matcher(pending).matches()) {
            pending = (pending + " " + line).strip();
        }
    }

    private @Nullable String messageOf(String line) {
        if (begunTwice && line.startsWith(ERROR_WITHOUT_PROGRAM)) {
            return line.substring(ERROR_WITHOUT_PROGRAM.length());
        }
        Matcher error = ERROR.matcher(line);
        if (!error.matches()) {
            return null;
        }
        return error.group(1) == null ? error.group(2) : error.group(1);
    }

    /** @param command what failed, if it is known: several jobs write at once, so that the last entry may be another job's */
    private void settle(String command) {
        String message = pending;
        pending = null;
        if (message != null) {
            add(message, command);
        }
    }

    private static boolean isSuperusers(String what) {
        return SUPERUSERS_KINDS.stream().anyMatch(kind -> what.startsWith(kind + " "));
    }

    private void add(String message, String command) {
        String text = (entry.isEmpty() ? "" : entry + ": ") + message;
        String kept = text.length() > MAX_TEXT ? text.substring(0, MAX_TEXT) + "..." : text;
        if (CONNECTION_LOST.matcher(message).find()) {
            connectionLost = true;
        }
        if (FORBIDDEN.matcher(message).find()
                || isSuperusers(
                        command.isEmpty() ? entry : VERB.matcher(command).replaceFirst(""))) {
            forbiddenCount++;
            if (forbidden.size() < KEPT) {
                forbidden.add(kept);
            }
        } else {
            otherCount++;
            if (others.size() < KEPT) {
                others.add(kept);
            }
        }
    }

    /** What only a superuser may do, an entry each, as far as kept. */
    synchronized List<String> forbidden() {
        settle("");
        return List.copyOf(forbidden);
    }

    /** How many of those. */
    synchronized int forbiddenCount() {
        settle("");
        return forbiddenCount;
    }

    /** The other errors, as far as kept. */
    synchronized List<String> others() {
        settle("");
        return List.copyOf(others);
    }

    /** How many of those. */
    synchronized int otherCount() {
        settle("");
        return otherCount;
    }

    /** True if the session ended before the work did. */
    synchronized boolean connectionLost() {
        settle("");
        return connectionLost;
    }

    /** True if pg_restore came to its end in spite of the errors. */
    synchronized boolean finished() {
        return finished;
    }
}
