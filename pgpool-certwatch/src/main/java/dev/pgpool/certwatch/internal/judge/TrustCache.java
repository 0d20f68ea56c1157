package dev.pgpool.certwatch.internal.judge;

import dev.pgpool.certwatch.finding.Finding;
import dev.pgpool.certwatch.finding.FindingCode;
import dev.pgpool.certwatch.internal.file.FileException;
import dev.pgpool.certwatch.internal.file.TrustStores;
import dev.pgpool.certwatch.internal.probe.BlockingCalls;
import dev.pgpool.certwatch.trust.TrustSource;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Anchors by source, read again after a while so that a changed file is noticed. Thread-safe. */
public final class TrustCache {

    private static final long FILE_NANOS = Duration.ofSeconds(30).toNanos();
    private static final long PLATFORM_NANOS = Duration.ofHours(1).toNanos();
    private static final long READ_NANOS = Duration.ofSeconds(10).toNanos();

    private final BlockingCalls blocking;
    private final Map<TrustSource, Trust> loaded = new ConcurrentHashMap<>();

    /**
     * Anchors as last read.
     *
     * @param anchors absent if they were never readable
     * @param problem why they could not be read this time; absent if they could
     */
    public record Trust(
            @Nullable TrustAnchors anchors, @Nullable Finding problem, long readNanos) {}

    /** Reads on the given pool. */
    public TrustCache(BlockingCalls blocking) {
        this.blocking = blocking;
    }

    /** The anchors of a source; never fails. */
    public CompletableFuture<Trust> of(TrustSource source) {
        Trust known = loaded.get(source);
        if (known != null && System.nanoTime() - known.readNanos() < maxAgeNanos(source)) {
            return CompletableFuture.completedFuture(known);
        }
        return blocking.call("trust:" + System.identityHashCode(source) + source, () -> read(source), READ_NANOS)
                .exceptionally(failed -> {
                    Trust former = loaded.get(source);
                    return new Trust(
                            former == null ? null : former.anchors(),
                            Finding.of(FindingCode.TRUST_UNAVAILABLE, source + ": not read: " + failed.getMessage()),
                            System.nanoTime());
                });
    }

    private Trust read(TrustSource source) {
        @Nullable Trust former = loaded.get(source);
        TrustAnchors anchors = former == null ? null : former.anchors();
        Finding problem = null;
        try {
            TrustAnchors fresh = new TrustAnchors(
                    TrustStores.read(source), source instanceof TrustSource.Jdk || source instanceof TrustSource.Os);
            if (anchors == null || !anchors.sameAs(fresh)) {
                anchors = fresh;
            }
        } catch (FileException e) {
            problem = Finding.of(
                    FindingCode.TRUST_UNAVAILABLE, "trust store " + e.finding().message());
        }
        Trust trust = new Trust(anchors, problem, System.nanoTime());
        loaded.put(source, trust);
        return trust;
    }

    private static long maxAgeNanos(TrustSource source) {
        if (source instanceof TrustSource.Given) {
            return Long.MAX_VALUE;
        }
        return source instanceof TrustSource.StoreFile ? FILE_NANOS : PLATFORM_NANOS;
    }
}
