package dev.pgpool.backup.internal.dump;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;

/**
 * Reads a child's stderr to its end, so that the child never blocks on it, and keeps the last of it, redacted. Lines are cut
 * at a bound; the progress lines of {@code --verbose} go to a listener and are not kept. Read by a thread of its own; the
 * accessors may be called by any.
 */
public final class StderrTail implements Runnable {

    private static final int MAX_TAIL_CHARS = 64 * 1024;
    private static final int MAX_LINE_BYTES = 4 * 1024;
    private static final int MAX_WARNINGS = 200;

    private final InputStream stderr;
    private final Redactor redactor;
    private final Consumer<String> progress;
    private final Consumer<String> lines;
    private final Deque<String> tail = new ArrayDeque<>();
    private final List<String> warnings = new ArrayList<>();
    private int tailChars;

    /**
     * For one child.
     *
     * @param progress gets the lines of {@code --verbose}, as they are
     * @param lines gets every line, redacted
     */
    StderrTail(InputStream stderr, Redactor redactor, Consumer<String> progress, Consumer<String> lines) {
        this.lines = lines;
        this.stderr = stderr;
        this.redactor = redactor;
        this.progress = progress;
    }

    @Override
    public void run() {
        byte[] chunk = new byte[8192];
        byte[] line = new byte[MAX_LINE_BYTES];
        int length = 0;
        boolean cut = false;
        try {
            int n = stderr.read(chunk);
            while (n >= 0) {
                for (int i = 0; i < n; i++) {
                    if (chunk[i] == '\n') {
                        accept(new String(line, 0, length, StandardCharsets.UTF_8), cut);
                        length = 0;
                        cut = false;
                    } else if (length < MAX_LINE_BYTES) {
                        line[length++] = chunk[i];
                    } else {
                        cut = true;
                    }
                }
                n = stderr.read(chunk);
            }
        } catch (IOException e) {
            accept("(reading stderr failed: " + e.getMessage() + ")", false);
        }
        if (length > 0) {
            accept(new String(line, 0, length, StandardCharsets.UTF_8), true);
        }
    }

    private void accept(String raw, boolean cut) {
        String line = cut ? redactor.redactCut(raw) : redactor.redact(raw);
        lines.accept(line);
        if (isProgress(raw)) {
            progress.accept(raw);
            return;
        }
        synchronized (tail) {
            if (line.contains("warning:") && warnings.size() < MAX_WARNINGS) {
                warnings.add(line);
            }
            tail.addLast(line);
            tailChars += line.length() + 1;
            while (tailChars > MAX_TAIL_CHARS) {
                tailChars -= tail.removeFirst().length() + 1;
            }
        }
    }

    private static boolean isProgress(String line) {
        return (line.startsWith("pg_dump: ") || line.startsWith("pg_restore: "))
                && !line.contains("error:")
                && !line.contains("warning:")
                && !line.contains("detail:")
                && !line.contains("hint:");
    }

    /** The last lines, joined; empty if there were none. */
    public String text() {
        synchronized (tail) {
            return String.join("\n", tail);
        }
    }

    /** Lines that are warnings. */
    public List<String> warnings() {
        synchronized (tail) {
            return List.copyOf(warnings);
        }
    }
}
