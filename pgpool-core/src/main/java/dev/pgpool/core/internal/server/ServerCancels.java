package dev.pgpool.core.internal.server;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The cancel requests for one server: one is on its way at a time, however many come. Those that come meanwhile wait for
 * the next one, which stands for all of them, since the one that is on its way may have come before what they are for.
 * Confined to the event loop of the server.
 *
 * <pre>
 *   none ──request──> on its way ──dealt with, none waits for what still runs──> none
 *                        └─<─dealt with, others wait for what still runs──┘
 * </pre>
 */
public final class ServerCancels {
    /** Clients that may wait for one server's requests; more of them would do no more. */
    private static final int MOST_WAITING = 32;

    private record Request(BooleanSupplier isMeant, Runnable dealtWith) {}

    private List<Request> current = List.of();
    private List<Request> next = new ArrayList<>();
    private @Nullable Runnable afterwards;

    boolean isUnderWay() {
        return !current.isEmpty();
    }

    /**
     * Takes a request.
     *
     * @param isMeant whether what it is for still runs
     * @return whether it has to be sent now; if not, it waits or is over already
     */
    public boolean add(BooleanSupplier isMeant, Runnable dealtWith) {
        Request request = new Request(isMeant, dealtWith);
        if (!isUnderWay()) {
            current = List.of(request);
            return true;
        }
        if (next.size() < MOST_WAITING) {
            next.add(request);
        } else {
            dealtWith.run();
        }
        return false;
    }

    /**
     * The request that was on its way is over.
     *
     * @param isPossible whether another one can be sent
     * @return whether another one has to be sent
     */
    public boolean end(boolean isPossible) {
        List<Request> over = current;
        List<Request> waiting = next;
        next = new ArrayList<>();
        boolean again = isPossible && waiting.stream().anyMatch(request -> request.isMeant.getAsBoolean());
        current = again ? waiting : List.of();
        over.forEach(request -> request.dealtWith.run());
        if (!again) {
            waiting.forEach(request -> request.dealtWith.run());
        }
        return again;
    }

    /** Runs what must not be hit by a request: now, or when those on their way have been dealt with. */
    void whenNone(Runnable task) {
        Runnable before = afterwards;
        if (!isUnderWay()) {
            task.run();
        } else if (before == null) {
            afterwards = task;
        } else {
            afterwards = () -> {
                before.run();
                task.run();
            };
        }
    }

    /**
     * The server has dealt with all of them.
     *
     * @param open whether the server is still there, so that what has waited for this may run
     */
    public void over(boolean open) {
        Runnable waiting = afterwards;
        afterwards = null;
        if (waiting != null && open) {
            waiting.run();
        }
    }
}
