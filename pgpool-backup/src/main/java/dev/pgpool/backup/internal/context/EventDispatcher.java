package dev.pgpool.backup.internal.context;

import dev.pgpool.backup.event.BackupEvent;
import dev.pgpool.backup.event.BackupListener;
import dev.pgpool.backup.internal.log.PeerLog;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Hands events to listeners, each on a thread of its own with a bounded queue, so that one that throws or hangs harms neither
 * the run nor the others. Safe for all threads.
 */
public final class EventDispatcher implements AutoCloseable {

    private static final PeerLog LOGGER = PeerLog.of(EventDispatcher.class);
    private static final int QUEUE = 1024;

    private final List<Lane> lanes = new CopyOnWriteArrayList<>();

    /** Adds a listener; it gets the events from now on. */
    public void add(BackupListener listener) {
        lanes.add(new Lane(listener));
    }

    /** Hands an event on, without waiting. */
    public void publish(BackupEvent event) {
        lanes.forEach(lane -> lane.offer(event));
    }

    /** Lets listeners finish what is queued, for a bounded time. */
    @Override
    public void close() {
        lanes.forEach(Lane::finish);
        long deadline = System.nanoTime() + Duration.ofSeconds(5).toNanos();
        lanes.forEach(lane -> lane.await(deadline));
    }

    private static final class Lane implements Runnable {

        private final BackupListener listener;
        private final Deque<BackupEvent> queue = new ArrayDeque<>();
        private final Thread thread;
        private boolean finishing;
        private boolean overflowReported;

        Lane(BackupListener listener) {
            this.listener = listener;
            this.thread = new Thread(this, "pgpool-backup-listener");
            thread.setDaemon(true);
            thread.start();
        }

        synchronized void offer(BackupEvent event) {
            if (finishing) {
                return;
            }
            if (queue.size() >= QUEUE && !makeRoom()) {
                queue.removeFirst();
            }
            queue.addLast(event);
            notifyAll();
        }

        private boolean makeRoom() {
            if (!overflowReported) {
                overflowReported = true;
                LOGGER.warn(
                        "Listener {} does not keep up: events are dropped",
                        listener.getClass().getName());
            }
            return queue.removeIf(BackupEvent.Progress.class::isInstance);
        }

        synchronized void finish() {
            finishing = true;
            notifyAll();
        }

        void await(long deadlineNanos) {
            long millis = Math.max(1, (deadlineNanos - System.nanoTime()) / 1_000_000);
            try {
                thread.join(millis);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            thread.interrupt();
        }

        @Override
        public void run() {
            try {
                for (BackupEvent event = next(); event != null; event = next()) {
                    deliver(event);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        private synchronized @org.jspecify.annotations.Nullable BackupEvent next() throws InterruptedException {
            while (queue.isEmpty() && !finishing) {
                wait();
            }
            return queue.pollFirst();
        }

        private void deliver(BackupEvent event) {
            try {
                listener.onEvent(event);
            } catch (RuntimeException | Error e) {
                LOGGER.warn("Listener {} failed: {}", listener.getClass().getName(), e.toString());
            }
        }
    }
}
