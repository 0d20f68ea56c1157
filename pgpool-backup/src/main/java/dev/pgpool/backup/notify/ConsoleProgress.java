package dev.pgpool.backup.notify;

import dev.pgpool.backup.event.BackupEvent;
import dev.pgpool.backup.event.BackupListener;
import dev.pgpool.backup.internal.text.DisplayText;
import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/**
 * Shows how runs go on: bytes, rate, table, share and an estimate of the time left. On a terminal the line of the dump under way
 * is written over itself; elsewhere each change of table or of a tenth is a line. Confined to the listener's thread.
 */
public final class ConsoleProgress implements BackupListener {

    private final PrintStream out;
    private final boolean terminal;
    private final Map<String, Instant> begun = new HashMap<>();
    private final Map<String, String> told = new HashMap<>();
    private int width;

    /**
     * On a stream, such as {@code System.err}, which is not closed.
     *
     * @param terminal whether a line may be written over, as {@code System.console() != null} tells
     */
    public ConsoleProgress(PrintStream out, boolean terminal) {
        this.out = out;
        this.terminal = terminal;
    }

    @Override
    public void onEvent(BackupEvent event) {
        if (event instanceof BackupEvent.Progress progress) {
            progress(progress);
        } else if (event instanceof BackupEvent.DatabaseFinished finished) {
            begun.remove(finished.result().database());
            told.remove(finished.result().database());
            line(DisplayText.oneLine(finished.result().database()) + ": "
                    + finished.result().outcome() + " in "
                    + DisplayText.clock(finished.result().duration())
                    + (finished.result().message().isEmpty()
                            ? ""
                            : ": " + DisplayText.oneLine(finished.result().message())));
        } else if (event instanceof BackupEvent.RunFinished run) {
            begun.clear();
            told.clear();
            line(run.report().line());
        }
    }

    private void progress(BackupEvent.Progress progress) {
        Instant start = begun.computeIfAbsent(progress.database(), database -> progress.at());
        String table = progress.table();
        String text = String.format(
                Locale.ROOT,
                "%s: %.1f MiB, %.1f MiB/s%s%s",
                DisplayText.oneLine(progress.database()),
                progress.bytes() / 1048576.0,
                progress.bytesPerSecond() / 1048576.0,
                table == null ? "" : ", " + DisplayText.oneLine(table),
                share(progress.share(), Duration.between(start, progress.at())));
        if (terminal) {
            out.print("\r" + text + " ".repeat(Math.max(0, width - text.length())));
            out.flush();
            width = text.length();
            return;
        }
        String stage = table + " " + (int) (progress.share() * 10);
        if (!stage.equals(told.put(progress.database(), stage))) {
            out.println(text);
        }
    }

    private static String share(double share, Duration spent) {
        if (share <= 0) {
            return "";
        }
        long left = (long) (spent.toMillis() * (1 - share) / share);
        return String.format(
                Locale.ROOT, ", %d %%, about %s left", (int) (share * 100), DisplayText.clock(Duration.ofMillis(left)));
    }

    private void line(String text) {
        out.println((terminal && width > 0 ? "\r" : "")
                + text
                + " ".repeat(Math.max(0, terminal ? width - text.length() : 0)));
        width = 0;
    }
}
