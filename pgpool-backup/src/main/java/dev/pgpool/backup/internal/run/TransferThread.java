package dev.pgpool.backup.internal.run;

import dev.pgpool.backup.internal.log.PeerLog;

/**
 * The thread of a transfer, as long as it is one: it may be interrupted until this is closed, but neither the clean-up that
 * follows nor the thread's next task may be hit by that.
 */
final class TransferThread implements AutoCloseable {

    private static final PeerLog LOGGER = PeerLog.of(TransferThread.class);

    private final Thread thread = Thread.currentThread();
    private final String what;
    private boolean transferring = true;

    /** The calling thread, which begins a transfer. */
    TransferThread(String what) {
        this.what = what;
    }

    synchronized void interrupt() {
        if (transferring) {
            thread.interrupt();
        }
    }

    @Override
    public synchronized void close() {
        transferring = false;
        if (Thread.interrupted()) {
            LOGGER.debug("Transfer of {} was interrupted", what);
        }
    }
}
