package dev.pgpool.certwatch.internal.watch;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How many probes are under way at once, in all and to one host. Hosts that wait are served in turn, so a host with a
 * thousand targets does not hold up the others. Confined to the timeline.
 */
final class ProbeWindow {

    private final int maxInFlight;
    private final int maxPerHost;
    private final Map<String, ArrayDeque<Runnable>> waiting = new LinkedHashMap<>();
    private final Map<String, Integer> perHost = new HashMap<>();
    private int inFlight;

    ProbeWindow(int maxInFlight, int maxPerHost) {
        this.maxInFlight = maxInFlight;
        this.maxPerHost = maxPerHost;
    }

    int inFlight() {
        return inFlight;
    }

    /** Runs a task now or when there is room; its end must be told by {@link #release}. */
    void submit(String host, Runnable task) {
        if (inFlight < maxInFlight && perHost.getOrDefault(host, 0) < maxPerHost) {
            begin(host, task);
        } else {
            waiting.computeIfAbsent(host, key -> new ArrayDeque<>()).add(task);
        }
    }

    void release(String host) {
        inFlight--;
        perHost.merge(host, -1, Integer::sum);
        perHost.remove(host, 0);
        // The host just served goes to the end of the line.
        ArrayDeque<Runnable> own = waiting.remove(host);
        if (own != null) {
            waiting.put(host, own);
        }
        fill();
    }

    private void fill() {
        while (inFlight < maxInFlight) {
            String host = nextHost();
            if (host == null) {
                return;
            }
            ArrayDeque<Runnable> queue = waiting.remove(host);
            if (queue == null) {
                return;
            }
            Runnable task = queue.remove();
            if (!queue.isEmpty()) {
                waiting.put(host, queue);
            }
            begin(host, task);
        }
    }

    private @Nullable String nextHost() {
        for (String host : waiting.keySet()) {
            if (perHost.getOrDefault(host, 0) < maxPerHost) {
                return host;
            }
        }
        return null;
    }

    private void begin(String host, Runnable task) {
        inFlight++;
        perHost.merge(host, 1, Integer::sum);
        task.run();
    }
}
