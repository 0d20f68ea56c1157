package dev.pgpool.examples.quickstart;

import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;

/** The lines before the table: what has been started, and one live line while the clients work. */
public final class Progress {
    private static final long TERMINAL_TICK_MILLIS = 200;
    private static final long FILE_TICK_MILLIS = 1_000;
    private static final int BAR_WIDTH = 30;

    private final PrintStream out;
    private final boolean terminal;
    private final IntSupplier servers;
    private final long startNanos = System.nanoTime();

    /**
     * @param terminal whether a line can be overwritten; else each state is a line of its own
     * @param servers how many server connections there are now
     */
    public Progress(PrintStream out, boolean terminal, IntSupplier servers) {
        this.out = out;
        this.terminal = terminal;
        this.servers = servers;
    }

    void connected(int clients) {
        out.printf(
                Locale.ROOT,
                "  %d clients are connected, after %.1f s%n%n",
                clients,
                (System.nanoTime() - startNanos) / 1e9);
    }

    /** Blocks for the given time. */
    void show(Duration duration, LongSupplier transactions) throws InterruptedException {
        long begin = System.nanoTime();
        long tick = terminal ? TERMINAL_TICK_MILLIS : FILE_TICK_MILLIS;
        long elapsed = 0;
        while (elapsed < duration.toNanos()) {
            long left = TimeUnit.NANOSECONDS.toMillis(duration.toNanos() - elapsed) + 1;
            TimeUnit.MILLISECONDS.sleep(Math.min(tick, left));
            elapsed = System.nanoTime() - begin;
            line(Math.min(1.0, elapsed / (double) duration.toNanos()), elapsed / 1e9, transactions.getAsLong());
        }
        out.print(terminal ? "\n\n" : "\n");
    }

    private void line(double share, double seconds, long transactions) {
        int done = (int) (share * BAR_WIDTH);
        out.printf(
                Locale.ROOT,
                "%s  [%s%s] %4.1f s  %,9d transactions  %,7.0f/s  %2d servers%s",
                terminal ? "\r" : "",
                "#".repeat(done),
                "-".repeat(BAR_WIDTH - done),
                seconds,
                transactions,
                transactions / seconds,
                servers.getAsInt(),
                terminal ? "" : "\n");
        out.flush();
    }
}
