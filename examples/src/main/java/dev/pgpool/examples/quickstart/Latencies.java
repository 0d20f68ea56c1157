package dev.pgpool.examples.quickstart;

import java.util.Arrays;
import java.util.Collection;

/** Durations of the transactions of one client. Confined to the client's thread until it has ended. */
final class Latencies {
    private long[] nanos = new long[256];
    private int size;

    void add(long durationNanos) {
        if (size == nanos.length) {
            nanos = Arrays.copyOf(nanos, 2 * size);
        }
        nanos[size++] = durationNanos;
    }

    /** All durations of the given clients, shortest first. */
    static long[] sorted(Collection<Latencies> clients) {
        long[] all = new long[clients.stream().mapToInt(client -> client.size).sum()];
        int filled = 0;
        for (Latencies client : clients) {
            System.arraycopy(client.nanos, 0, all, filled, client.size);
            filled += client.size;
        }
        Arrays.sort(all);
        return all;
    }
}
