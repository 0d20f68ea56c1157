package dev.pgpool.core.internal.hosts;

import dev.pgpool.core.config.DnsConfig;
import dev.pgpool.core.internal.log.LogLine;
import dev.pgpool.core.stats.DnsInfo;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Addresses by name, kept as long as the configuration says. One lookup at a time for each name, on an executor: it may
 * block for seconds, and no event loop waits for it. Thread-safe.
 */
public final class DnsCache {
    private static final Logger LOGGER = LoggerFactory.getLogger(DnsCache.class);

    /** Asks the name service; may block. */
    public interface Lookup {
        /** At least one address. */
        List<InetAddress> addresses(String name) throws UnknownHostException;

        /** The Java runtime's own, with its own cache. */
        Lookup SYSTEM = name -> List.of(InetAddress.getAllByName(name));
    }

    /** What is known of a name. */
    private static final class Entry {
        private CompletableFuture<List<InetAddress>> answer = new CompletableFuture<>();
        private boolean pending;
        private boolean asked;
        private long answeredAtNanos;
        private boolean failed;
        /** The newest good answer; kept while the name service fails. */
        private @Nullable List<InetAddress> addresses;
    }

    private final Lookup lookup;
    private final Executor blocking;
    private volatile long maxTtlNanos;
    private volatile long nxdomainTtlNanos;
    private final LongSupplier clock;
    private final Map<String, Entry> entries = new ConcurrentHashMap<>();
    private volatile int generation;

    /** @param clock nanoseconds, like {@link System#nanoTime()} */
    public DnsCache(Lookup lookup, Executor blocking, DnsConfig config, LongSupplier clock) {
        this.lookup = lookup;
        this.blocking = blocking;
        this.maxTtlNanos = config.maxTtl().toNanos();
        this.nxdomainTtlNanos = config.nxdomainTtl().toNanos();
        this.clock = clock;
    }

    /** How long answers are believed from now on, also those that came before. */
    public void adopt(DnsConfig now) {
        maxTtlNanos = now.maxTtl().toNanos();
        nxdomainTtlNanos = now.nxdomainTtl().toNanos();
    }

    /** The addresses, from a lookup that is not too old or from a new one; fails with {@link UnknownHostException}. */
    CompletableFuture<List<InetAddress>> resolve(String name) {
        Entry entry = entries.computeIfAbsent(name, n -> new Entry());
        CompletableFuture<List<InetAddress>> answer;
        synchronized (entry) {
            if (entry.pending || (entry.asked && remainingNanos(entry) > 0)) {
                return entry.answer;
            }
            answer = new CompletableFuture<>();
            entry.answer = answer;
            entry.pending = true;
            entry.asked = true;
        }
        try {
            blocking.execute(() -> ask(name, entry, answer));
        } catch (RejectedExecutionException e) {
            // the pooler is closing
            answered(name, entry, answer, null, new UnknownHostException(name + ": no lookups any more"));
        }
        return answer;
    }

    private void ask(String name, Entry entry, CompletableFuture<List<InetAddress>> answer) {
        try {
            List<InetAddress> addresses = List.copyOf(lookup.addresses(name));
            if (addresses.isEmpty()) {
                throw new UnknownHostException(name + ": no addresses");
            }
            answered(name, entry, answer, addresses, null);
        } catch (UnknownHostException | RuntimeException e) {
            answered(name, entry, answer, null, e);
        }
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // it only has to differ
    private void answered(
            String name,
            Entry entry,
            CompletableFuture<List<InetAddress>> answer,
            @Nullable List<InetAddress> addresses,
            @Nullable Exception problem) {
        synchronized (entry) {
            entry.pending = false;
            entry.answeredAtNanos = clock.getAsLong();
            entry.failed = problem != null;
            List<InetAddress> before = entry.addresses;
            if (addresses != null) {
                entry.addresses = addresses;
                if (before != null && !addresses.containsAll(before)) {
                    LogLine.info(LOGGER, "addresses changed")
                            .with("host", name)
                            .with("before", before)
                            .with("now", addresses)
                            .write();
                    generation++;
                }
            }
        }
        if (problem != null) {
            answer.completeExceptionally(problem);
        } else {
            answer.complete(addresses);
        }
    }

    /** Whether the newest good answer has this address; true if there is no answer. */
    boolean isCurrent(String name, InetAddress address) {
        Entry entry = entries.get(name);
        if (entry == null) {
            return true;
        }
        synchronized (entry) {
            List<InetAddress> addresses = entry.addresses;
            return addresses == null || addresses.contains(address);
        }
    }

    /** What is known of all names, by name. */
    public List<DnsInfo> view() {
        List<DnsInfo> known = new ArrayList<>();
        entries.forEach((name, entry) -> {
            synchronized (entry) {
                List<InetAddress> addresses = entry.addresses;
                known.add(new DnsInfo(
                        name,
                        Duration.ofNanos(Math.max(0, remainingNanos(entry))),
                        addresses == null ? List.of() : addresses));
            }
        });
        known.sort(Comparator.comparing(DnsInfo::name));
        return known;
    }

    private long remainingNanos(Entry entry) {
        long ttl = entry.failed ? nxdomainTtlNanos : maxTtlNanos;
        return ttl - (clock.getAsLong() - entry.answeredAtNanos);
    }

    /** Another number whenever an address of some name has gone. */
    int generation() {
        return generation;
    }
}
