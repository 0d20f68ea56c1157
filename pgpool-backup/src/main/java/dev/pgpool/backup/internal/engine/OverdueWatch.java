package dev.pgpool.backup.internal.engine;

import dev.pgpool.backup.catalog.CatalogEntry;
import dev.pgpool.backup.config.DatabaseSelection;
import dev.pgpool.backup.internal.log.PeerLog;
import dev.pgpool.backup.report.LastRun;
import dev.pgpool.backup.retention.RetentionPlan;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** When a run last succeeded, here or in another instance, and whether that is so long ago that an alarm is due. */
final class OverdueWatch {
    private static final PeerLog LOGGER = PeerLog.of(OverdueWatch.class);
    private static final Duration OVERDUE_REPEAT = Duration.ofHours(1);

    private final DatabaseSelection databases;
    private final Duration overdueAfter;
    private final Instant createdAt;
    private volatile @Nullable Instant lastSuccess;
    private volatile Instant learnedAt = Instant.EPOCH;
    private volatile List<CatalogEntry> known = List.of();
    private volatile @Nullable Instant reportedFor;
    private volatile @Nullable Instant reportedAt;

    OverdueWatch(DatabaseSelection databases, Duration overdueAfter, Instant createdAt) {
        this.databases = databases;
        this.overdueAfter = overdueAfter;
        this.createdAt = createdAt;
    }

    /** A run of this engine has succeeded. */
    void succeeded(Instant at) {
        lastSuccess = at;
    }

    @Nullable
    Instant lastSuccess() {
        return lastSuccess;
    }

    /** When the newest backup of some databases was begun, as of the last {@link #learn}. */
    @Nullable
    Instant newestData(Predicate<String> part) {
        List<CatalogEntry> entries =
                known.stream().filter(entry -> part.test(entry.database())).toList();
        return newest(entries, learnedAt.plus(RetentionPlan.CLOCK_TOLERANCE));
    }

    /** Takes in what the catalog says, unless it is from the future or older than what is known. */
    void learn(List<CatalogEntry> entries, @Nullable LastRun lastRun, Instant now) {
        Instant latest = now.plus(RetentionPlan.CLOCK_TOLERANCE);
        known = entries;
        learnedAt = now;
        Instant told = lastRun == null ? null : lastRun.successAt();
        Instant success = told != null && !told.isAfter(latest) ? told : allSucceeded(entries, latest);
        Instant before = lastSuccess;
        lastSuccess = before == null || (success != null && success.isAfter(before)) ? success : before;
    }

    private static @Nullable Instant newest(List<CatalogEntry> entries, Instant latest) {
        return entries.stream()
                .filter(CatalogEntry::readable)
                .map(OverdueWatch::startedAt)
                .filter(at -> !at.isAfter(latest))
                .max(Comparator.naturalOrder())
                .orElse(null);
    }

    /** Of a readable entry. */
    static Instant startedAt(CatalogEntry entry) {
        return Objects.requireNonNull(entry.manifest()).startedAt();
    }

    /** If databases were named, the newest backup of the one that is worst off; else the newest of all. */
    private @Nullable Instant allSucceeded(List<CatalogEntry> entries, Instant latest) {
        if (!(databases instanceof DatabaseSelection.Named named)) {
            return newest(entries, latest);
        }
        Instant oldest = null;
        for (String database : named.names()) {
            Instant newest = newest(
                    entries.stream()
                            .filter(entry -> entry.database().equals(database))
                            .toList(),
                    latest);
            if (newest == null) {
                return null;
            }
            oldest = oldest == null || newest.isBefore(oldest) ? newest : oldest;
        }
        return oldest;
    }

    private Instant quietSince() {
        Instant success = lastSuccess;
        return success == null ? createdAt : success;
    }

    /** Whether the last success is too long ago, and no alarm was given within the last hour. */
    boolean isOverdueNews(Instant now) {
        Instant since = quietSince();
        Instant told = reportedAt;
        return now.isAfter(since.plus(overdueAfter))
                && (told == null || !since.equals(reportedFor) || !now.isBefore(told.plus(OVERDUE_REPEAT)));
    }

    /** The same; if so, the alarm counts as given. */
    boolean takeOverdueNews(Instant now) {
        if (!isOverdueNews(now)) {
            return false;
        }
        Instant since = quietSince();
        reportedFor = since;
        reportedAt = now;
        LOGGER.warn("No backup has succeeded since {}", since);
        return true;
    }
}
