package dev.pgpool.certwatch.internal.watch;

import dev.pgpool.certwatch.CertReport;
import dev.pgpool.certwatch.CertTarget;
import dev.pgpool.certwatch.CertWatchConfig.Schedule;
import dev.pgpool.certwatch.CertificateChange;
import dev.pgpool.certwatch.CertificateFacts;
import dev.pgpool.certwatch.Endpoint;
import dev.pgpool.certwatch.Finding;
import dev.pgpool.certwatch.FindingCode;
import dev.pgpool.certwatch.internal.judge.Inspection;
import dev.pgpool.certwatch.internal.probe.Look;
import dev.pgpool.certwatch.internal.probe.ServedChain.Kind;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** One target and what becomes of it. Confined to the timeline, but for {@link #knowledge}. */
final class WatchedTarget {

    final CertTarget target;
    final String host;
    final Cadence cadence;
    final NoticeRule notices = new NoticeRule();
    final List<CompletableFuture<CertReport>> waiting = new ArrayList<>();
    final List<CompletableFuture<CertReport>> waitingForNext = new ArrayList<>();

    volatile @Nullable Knowledge knowledge;

    Timeline.@Nullable Cancellable next;
    boolean inFlight;
    boolean removed;
    boolean notYetValid;

    WatchedTarget(CertTarget target, Schedule schedule) {
        this.target = target;
        this.host = host(target);
        this.cadence = new Cadence(schedule, target.name());
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

    /** Takes in what a look brought; gives the changes of certificate that it shows. */
    List<CertificateChange> learn(Assessment assessment, Instant now) {
        Look look = assessment.look();
        Knowledge before = knowledge;
        boolean reached = !assessment.inspections().isEmpty();
        List<CertificateChange> changes = new ArrayList<>();
        Finding downgrade = before == null ? null : before.downgrade();
        if (reached && before != null) {
            changes.addAll(changes(before.inspections(), assessment.inspections(), now));
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
                reached,
                List.copyOf(assessment.findings()),
                reached || before == null ? List.copyOf(assessment.inspections()) : before.inspections(),
                reached ? now : before == null ? null : before.chainSeenAt(),
                look.addresses(),
                assessment.expected() == null && before != null ? before.expected() : assessment.expected(),
                differsSince(assessment, before, now),
                downgrade,
                look.clockOffset(),
                look.duration());
        return changes;
    }

    private static @Nullable Instant differsSince(Assessment assessment, @Nullable Knowledge before, Instant now) {
        Instant since = before == null ? null : before.differsSince();
        CertificateFacts expected = assessment.expected();
        if (expected == null || assessment.inspections().isEmpty()) {
            return since;
        }
        boolean same = assessment.inspections().stream()
                .allMatch(inspection -> inspection.leaf().sha256().equals(expected.sha256()));
        if (same) {
            return null;
        }
        return since == null ? now : since;
    }

    /** New leaves that were not served anywhere before; a leaf that spreads over addresses is one change. */
    private List<CertificateChange> changes(List<Inspection> before, List<Inspection> after, Instant now) {
        List<CertificateChange> changes = new ArrayList<>();
        if (before.isEmpty()) {
            return changes;
        }
        for (int i = 0; i < after.size(); i++) {
            Inspection fresh = after.get(i);
            String sha256 = fresh.leaf().sha256();
            boolean known = before.stream().anyMatch(old -> old.leaf().sha256().equals(sha256))
                    || changes.stream()
                            .anyMatch(change -> change.after().sha256().equals(sha256));
            if (!known && fresh.kind() != Kind.BUNDLE && fresh.kind() != Kind.TRUST_STORE) {
                CertificateFacts old = formerly(before, fresh, i).leaf();
                changes.add(new CertificateChange(target, old, fresh.leaf(), now));
            }
        }
        return changes;
    }

    private static Inspection formerly(List<Inspection> before, Inspection fresh, int position) {
        for (Inspection old : before) {
            if (old.where().equals(fresh.where())) {
                return old;
            }
        }
        return before.get(Math.min(position, before.size() - 1));
    }
}
