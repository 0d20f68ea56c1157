package dev.pgpool.certwatch.internal.watch;

import dev.pgpool.certwatch.config.CertWatchConfig;
import dev.pgpool.certwatch.event.CertificateChange;
import dev.pgpool.certwatch.event.Notice;
import dev.pgpool.certwatch.finding.FindingCode;
import dev.pgpool.certwatch.internal.state.ReportMaker;
import dev.pgpool.certwatch.internal.state.TargetState;
import dev.pgpool.certwatch.internal.text.PeerText;
import dev.pgpool.certwatch.report.CertReport;
import dev.pgpool.certwatch.report.CertSnapshot;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes reports of what is known about targets, and tells listeners and the log. Publishing is confined to the timeline; snapshots
 * may be taken on any thread.
 */
final class ReportPublisher {

    private static final Logger LOGGER = LoggerFactory.getLogger(ReportPublisher.class);

    private static final Comparator<CertReport> WORST_FIRST = Comparator.comparing(
                    CertReport::level, Comparator.reverseOrder())
            .thenComparing(
                    report -> report.expiry().effective(), Comparator.nullsLast(Comparator.<Instant>naturalOrder()))
            .thenComparing(report -> report.target().name());

    private final CertWatchConfig config;
    private final Clock clock;
    private final EventDispatcher events;
    private final Map<String, WatchedTarget> targets;
    private int notYetValid;

    /** Reports on the targets of a map, which stays the caller's. */
    ReportPublisher(CertWatchConfig config, Clock clock, EventDispatcher events, Map<String, WatchedTarget> targets) {
        this.config = config;
        this.clock = clock;
        this.events = events;
        this.targets = targets;
    }

    /** The report on a target at an instant; absent if the target has not been probed yet. */
    @Nullable
    CertReport report(WatchedTarget watched, Instant now) {
        TargetState known = watched.state;
        if (known == null) {
            return null;
        }
        boolean suspect = watched.notYetValid && targets.size() >= 3 && notYetValid * 2 > targets.size();
        return ReportMaker.report(known, config.judging(), now, suspect);
    }

    /** What is known now. */
    CertSnapshot snapshot() {
        Instant now = clock.instant();
        List<CertReport> reports = new ArrayList<>();
        List<String> pending = new ArrayList<>();
        for (WatchedTarget watched : targets.values()) {
            CertReport report = report(watched, now);
            if (report == null) {
                pending.add(watched.target.name());
            } else {
                reports.add(report);
            }
        }
        reports.sort(WORST_FIRST);
        pending.sort(Comparator.naturalOrder());
        return new CertSnapshot(now, reports, pending);
    }

    /** Tells of a probe that has ended: its report, changes of certificate, and a notice if one is due. */
    void publish(WatchedTarget watched, CertReport report, List<CertificateChange> changes, Instant now) {
        boolean early = report.has(FindingCode.NOT_YET_VALID);
        if (early != watched.notYetValid) {
            watched.notYetValid = early;
            notYetValid += early ? 1 : -1;
        }
        events.tell(listener -> listener.onReport(report));
        for (CertificateChange change : changes) {
            LOGGER.info(
                    "certificate changed, target={} serial={} until={}",
                    PeerText.escape(watched.target.name()),
                    change.after().serial(),
                    change.after().notAfter());
            events.tell(listener -> listener.onChange(change));
        }
        Notice notice = watched.notices.onReport(report, config.notices(), now);
        if (notice != null) {
            watched.onTold();
            if (notice.kind() == Notice.Kind.RECOVERED) {
                LOGGER.info("{}", notice.text());
            } else {
                LOGGER.warn("{}", notice.text());
            }
            events.tell(listener -> listener.onNotice(notice));
        }
    }

    /** A target is watched no longer. */
    void forget(WatchedTarget watched) {
        if (watched.notYetValid) {
            notYetValid--;
        }
    }
}
