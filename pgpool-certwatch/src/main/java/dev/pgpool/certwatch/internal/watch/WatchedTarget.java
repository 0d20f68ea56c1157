package dev.pgpool.certwatch.internal.watch;

import dev.pgpool.certwatch.config.CertWatchConfig.Schedule;
import dev.pgpool.certwatch.event.CertificateChange;
import dev.pgpool.certwatch.finding.Finding;
import dev.pgpool.certwatch.finding.FindingCode;
import dev.pgpool.certwatch.finding.Severity;
import dev.pgpool.certwatch.internal.judge.Inspection;
import dev.pgpool.certwatch.internal.probe.ProbeResult;
import dev.pgpool.certwatch.internal.state.KeyKinds;
import dev.pgpool.certwatch.internal.state.NoticeRule;
import dev.pgpool.certwatch.internal.state.SeenCertificates;
import dev.pgpool.certwatch.internal.state.TargetState;
import dev.pgpool.certwatch.report.AddressResult;
import dev.pgpool.certwatch.report.CertReport;
import dev.pgpool.certwatch.report.CertificateFacts;
import dev.pgpool.certwatch.target.CertTarget;
import dev.pgpool.certwatch.target.Endpoint;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** One target and what becomes of it. Confined to the timeline, but for {@link #state}. */
final class WatchedTarget {

    final CertTarget target;
    final ProbeSchedule probeSchedule;
    final NoticeRule notices;
    /** The set that this target is a member of; absent if it was given by itself. */
    final @Nullable WatchedTarget owner;

    final List<CompletableFuture<CertReport>> waiting = new ArrayList<>();
    final List<CompletableFuture<CertReport>> waitingForNext = new ArrayList<>();

    volatile @Nullable TargetState state;

    private final SeenCertificates seenCertificates;

    Timeline.@Nullable Cancellable next;
    /** Where in the window the probe under way has its place. */
    String place;

    /** The first sweep waits for this target. */
    boolean firstSweep;

    /** Probed once, and not watched. */
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
        this.seenCertificates = former == null ? new SeenCertificates() : former.seenCertificates;
        TargetState known = former == null ? null : former.state;
        this.state = known == null ? null : known.of(target);
        this.place = host(target);
        this.probeSchedule = new ProbeSchedule(schedule, target);
    }

    /**
     * What the limit of probes to one host goes by: the address that the last probe found, as many names often lead to one
     * machine; before that, the name.
     */
    String hostToCount() {
        TargetState known = state;
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

    /** Nothing follows about this target: its schedule ends, and requests fail. */
    void end() {
        removed = true;
        if (next != null) {
            next.cancel();
            next = null;
        }
        failWaiting(new CancellationException("target \"" + target.name() + "\" was removed"));
    }

    /** Fails the requests for a report, with the same reason. */
    void failWaiting(CancellationException why) {
        waiting.forEach(request -> request.completeExceptionally(why));
        waitingForNext.forEach(request -> request.completeExceptionally(why));
    }

    List<Inspection> inspections() {
        TargetState known = state;
        return known == null ? List.of() : known.inspections();
    }

    /** A notice was given: an earlier end of a new certificate is a known fact from now on. */
    void onTold() {
        TargetState known = state;
        Finding told = known == null ? null : known.downgrade();
        if (known != null && told != null) {
            state = known.acknowledged(told.withSeverity(Severity.INFO));
        }
    }

    /** Takes in what a probe brought; gives the changes of certificate that it shows. */
    List<CertificateChange> learn(CheckResult checked, Instant now) {
        ProbeResult probe = checked.probe();
        TargetState before = state;
        boolean served = !checked.inspections().isEmpty();
        Finding downgrade = before == null ? null : before.downgrade();
        List<Inspection> judged = before == null ? List.of() : before.inspections();
        List<CertificateChange> changes = List.of();
        if (served) {
            SeenCertificates.Seen seen =
                    seenCertificates.onProbe(target, checked.inspections(), probe.addresses(), now);
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
        state = new TargetState(
                target,
                now,
                checked.reached(),
                List.copyOf(checked.findings()),
                judged,
                served ? now : before == null ? null : before.chainSeenAt(),
                probe.addresses(),
                checked.expected() == null && before != null ? before.expected() : checked.expected(),
                differsSince(checked, judged, before, now),
                downgrade,
                probe.clockOffset(),
                (before == null ? 0 : before.renewals())
                        + changes.stream().filter(CertificateChange::renewal).count(),
                probe.duration());
        return changes;
    }

    private @Nullable Instant differsSince(
            CheckResult checked, List<Inspection> judged, @Nullable TargetState before, Instant now) {
        Instant since = before == null ? null : before.differsSince();
        CertificateFacts expected = checked.expected();
        if (expected == null || checked.inspections().isEmpty()) {
            return since;
        }
        boolean same = KeyKinds.like(target, judged, expected).stream()
                .allMatch(inspection -> inspection.leaf().sha256().equals(expected.sha256()));
        if (same) {
            return null;
        }
        return since == null ? now : since;
    }
}
