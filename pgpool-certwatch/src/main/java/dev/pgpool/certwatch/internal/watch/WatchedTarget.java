package dev.pgpool.certwatch.internal.watch;

import dev.pgpool.certwatch.config.CertWatchConfig.Schedule;
import dev.pgpool.certwatch.event.CertificateChange;
import dev.pgpool.certwatch.finding.Finding;
import dev.pgpool.certwatch.finding.FindingCode;
import dev.pgpool.certwatch.finding.Severity;
import dev.pgpool.certwatch.internal.judge.Inspection;
import dev.pgpool.certwatch.internal.probe.Look;
import dev.pgpool.certwatch.report.AddressResult;
import dev.pgpool.certwatch.report.CertReport;
import dev.pgpool.certwatch.report.CertificateFacts;
import dev.pgpool.certwatch.target.CertTarget;
import dev.pgpool.certwatch.target.Endpoint;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** One target and what becomes of it. Confined to the timeline, but for {@link #knowledge}. */
final class WatchedTarget {

    final CertTarget target;
    final Cadence cadence;
    final NoticeRule notices;
    /** The set that this target is a member of; absent if it was given by itself. */
    final @Nullable WatchedTarget owner;

    final List<CompletableFuture<CertReport>> waiting = new ArrayList<>();
    final List<CompletableFuture<CertReport>> waitingForNext = new ArrayList<>();

    volatile @Nullable Knowledge knowledge;

    private final Sightings sightings;

    Timeline.@Nullable Cancellable next;
    /** Where in the window the look under way has its place. */
    String place;

    /** The first sweep waits for this target. */
    boolean firstSweep;

    /** Looked at once, and not watched. */
    boolean once;

    boolean inFlight;
    boolean removed;
    boolean notYetValid;

    WatchedTarget(CertTarget target, Schedule schedule) {
        this(target, schedule, null, null);
    }

    /**
     * A member of a set.
     *
     * @param former the same target with another policy, whose history goes on; absent if there was none
     */
    WatchedTarget(CertTarget target, Schedule schedule, @Nullable WatchedTarget owner, @Nullable WatchedTarget former) {
        this.target = target;
        this.owner = owner;
        this.notices = former == null ? new NoticeRule() : former.notices;
        this.sightings = former == null ? new Sightings() : former.sightings;
        Knowledge known = former == null ? null : former.knowledge;
        this.knowledge = known == null ? null : known.of(target);
        this.place = host(target);
        this.cadence = new Cadence(schedule, target);
    }

    /**
     * What the limit of looks to one host goes by: the address that the last look found, as many names often lead to one
     * machine; before that, the name.
     */
    String hostToCount() {
        Knowledge known = knowledge;
        if (known == null || known.addresses().isEmpty()) {
            return host(target);
        }
        String least = known.addresses().get(0).address();
        for (AddressResult result : known.addresses()) {
            least = result.address().compareTo(least) < 0 ? result.address() : least;
        }
        int kind = least.indexOf(" [");
        return kind < 0 ? least : least.substring(0, kind);
    }

    private static String host(CertTarget target) {
        if (target instanceof Endpoint endpoint) {
            return endpoint.proxy() == null ? endpoint.host() : endpoint.proxy().host();
        }
        return target.name();
    }

    List<Inspection> inspections() {
        Knowledge known = knowledge;
        return known == null ? List.of() : known.inspections();
    }

    /** A notice was given: an earlier end of a new certificate is a known fact from now on. */
    void onTold() {
        Knowledge known = knowledge;
        Finding told = known == null ? null : known.downgrade();
        if (known != null && told != null) {
            knowledge = known.acknowledged(told.withSeverity(Severity.INFO));
        }
    }

    /** Takes in what a look brought; gives the changes of certificate that it shows. */
    List<CertificateChange> learn(Assessment assessment, Instant now) {
        Look look = assessment.look();
        Knowledge before = knowledge;
        boolean served = !assessment.inspections().isEmpty();
        Finding downgrade = before == null ? null : before.downgrade();
        List<Inspection> judged = before == null ? List.of() : before.inspections();
        List<CertificateChange> changes = List.of();
        if (served) {
            Sightings.Seen seen = sightings.onLook(target, assessment.inspections(), look.addresses(), now);
            judged = seen.judged();
            changes = seen.changes();
            for (CertificateChange change : changes) {
                downgrade = change.after().notAfter().isBefore(change.before().notAfter())
                        ? Finding.of(
                                FindingCode.DOWNGRADED_EXPIRY,
                                "the new certificate ends " + change.after().notAfter() + ", the one before it ended "
                                        + change.before().notAfter())
                        : null;
            }
        }
        knowledge = new Knowledge(
                target,
                now,
                assessment.reached(),
                List.copyOf(assessment.findings()),
                judged,
                served ? now : before == null ? null : before.chainSeenAt(),
                look.addresses(),
                assessment.expected() == null && before != null ? before.expected() : assessment.expected(),
                differsSince(assessment, judged, before, now),
                downgrade,
                look.clockOffset(),
                (before == null ? 0 : before.renewals())
                        + changes.stream().filter(CertificateChange::renewal).count(),
                look.duration());
        return changes;
    }

    private @Nullable Instant differsSince(
            Assessment assessment, List<Inspection> judged, @Nullable Knowledge before, Instant now) {
        Instant since = before == null ? null : before.differsSince();
        CertificateFacts expected = assessment.expected();
        if (expected == null || assessment.inspections().isEmpty()) {
            return since;
        }
        boolean same = Kinds.like(target, judged, expected).stream()
                .allMatch(inspection -> inspection.leaf().sha256().equals(expected.sha256()));
        if (same) {
            return null;
        }
        return since == null ? now : since;
    }
}
