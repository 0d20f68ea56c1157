package dev.pgpool.certwatch.internal.watch;

/** The thread that owns the state of all targets, and its clock for delays. Tests move that clock by hand. */
interface Timeline extends AutoCloseable {

    /** Monotonic time. */
    long nanoTime();

    /** Runs a task on the thread, as soon as it can. */
    void execute(Runnable task);

    /** Runs a task on the thread after a time. */
    Cancellable schedule(Runnable task, long delayNanos);

    /** Drops what was scheduled and waits for the task that runs. */
    @Override
    void close();

    /** Something scheduled that may be given up. */
    @FunctionalInterface
    interface Cancellable {
        void cancel();
    }
}
