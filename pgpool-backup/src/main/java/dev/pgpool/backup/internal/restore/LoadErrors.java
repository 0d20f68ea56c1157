package dev.pgpool.backup.internal.restore;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The errors of pg_restore or psql, read from stderr line by line. Those that are about what only a superuser may do are told
 * apart from the others. Filled by the thread that reads stderr, read after the program's end.
 */
final class LoadErrors implements Consumer<String> {

    private static final int KEPT = 100;
    private static final int MAX_TEXT = 500;

    private static final Pattern ENTRY = Pattern.compile("pg_restore: from TOC entry \\d+; \\d+ \\d+ (.*)");
    private static final Pattern ERROR = Pattern.compile("pg_restore: error: (?:could not execute query: )?(.*)|"
            + "psql:<stdin>:\\d+: (?!WARNING:|NOTICE:|INFO:|LOG:|DEBUG:)(.*)");
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
        Matcher error = ERROR.matcher(line);
        if (error.matches()) {
            add(error.group(1) == null ? error.group(2) : error.group(1));
        }
    }

    private void add(String message) {
        String text = (entry.isEmpty() ? "" : entry + ": ") + message;
        String kept = text.length() > MAX_TEXT ? text.substring(0, MAX_TEXT) + "..." : text;
        if (CONNECTION_LOST.matcher(message).find()) {
            connectionLost = true;
        }
        if (FORBIDDEN.matcher(message).find()
                || SUPERUSERS_KINDS.stream().anyMatch(kind -> entry.startsWith(kind + " "))) {
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
        return List.copyOf(forbidden);
    }

    /** How many of those. */
    synchronized int forbiddenCount() {
        return forbiddenCount;
    }

    /** The other errors, as far as kept. */
    synchronized List<String> others() {
        return List.copyOf(others);
    }

    /** How many of those. */
    synchronized int otherCount() {
        return otherCount;
    }

    /** True if the session ended before the work did. */
    synchronized boolean connectionLost() {
        return connectionLost;
    }

    /** True if pg_restore came to its end in spite of the errors. */
    synchronized boolean finished() {
        return finished;
    }
}
