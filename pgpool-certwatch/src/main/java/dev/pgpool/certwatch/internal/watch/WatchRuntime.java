package dev.pgpool.certwatch.internal.watch;

/** What a watch runs on; tests put in a timeline that they move by hand. */
interface WatchRuntime extends AutoCloseable {

    void start();

    Timeline timeline();

    TargetChecker checker();

    /** A scheduled probe began this late. */
    default void onLag(long nanos) {}

    /** Lateness of the last scheduled probe. */
    default long lagNanos() {
        return 0;
    }

    @Override
    void close();
}
