package dev.pgpool.certwatch.internal.state;

import dev.pgpool.certwatch.event.CertificateChange;
import dev.pgpool.certwatch.internal.judge.Inspection;
import dev.pgpool.certwatch.internal.probe.ServedChain.Kind;
import dev.pgpool.certwatch.report.AddressResult;
import dev.pgpool.certwatch.report.CertificateFacts;
import dev.pgpool.certwatch.target.CertTarget;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which leaves a target showed lately, and what follows from it: is this one new, or do several servers take turns behind
 * one address? A leaf that comes back after another has taken its place was not renewed away. While that goes on, every leaf
 * seen lately is judged, so an old certificate on one member of a load balancer raises one alarm that stays, and not a change
 * at each probe. A place that fails keeps what it showed last. Confined to the timeline.
 */
public final class SeenCertificates {

    /** Of two members that take turns at random, one is missed that often in a row once in four thousand times. */
    static final int PROBES_REMEMBERED = 12;

    private final List<Member> members = new ArrayList<>(1);
    private Map<String, Inspection> last = Map.of();
    /** The leaf that the last change told led to, or the first one seen. */
    private @Nullable CertificateFacts told;

    private boolean takingTurns;

    private static final class Member {
        private Inspection inspection;
        private int missed;
        private boolean cameBack;

        Member(Inspection inspection) {
            this.inspection = inspection;
        }
    }

    /** What is to be judged after a probe, and the changes that it shows. */
    public record Seen(List<Inspection> judged, List<CertificateChange> changes) {}

    /**
     * Takes in a probe that brought something.
     *
     * @param fresh what it brought, not empty
     * @param addresses the places probed; empty for files
     */
    public Seen onProbe(CertTarget target, List<Inspection> fresh, List<AddressResult> addresses, Instant now) {
        List<Inspection> kept = failing(fresh, addresses);
        List<CertificateChange> changes = new ArrayList<>();
        CertificateFacts before = told;
        for (Inspection inspection : fresh) {
            boolean known = remember(inspection);
            if (!known && before != null && standsForItself(inspection)) {
                changes.add(new CertificateChange(target, formerlyAt(inspection, before), inspection.leaf(), now));
                told = inspection.leaf();
            }
        }
        if (before == null) {
            told = fresh.get(0).leaf();
        }
        forget(fresh, kept);
        boolean turnsBefore = takingTurns;
        takingTurns =
                members.size() > 1 && served(fresh.get(0)) && members.stream().anyMatch(member -> member.cameBack);
        if (!takingTurns) {
            members.forEach(member -> member.cameBack = false);
        }
        if (turnsBefore && !takingTurns) {
            settle(target, fresh.get(0).leaf(), now, changes);
        }
        last = places(fresh, kept);
        return new Seen(judged(fresh, kept), List.copyOf(changes));
    }

    /** The last known of places that were probed in vain while others served. */
    private List<Inspection> failing(List<Inspection> fresh, List<AddressResult> addresses) {
        List<Inspection> kept = new ArrayList<>(0);
        for (AddressResult address : addresses) {
            Inspection known = last.get(address.address());
            if (address.failure() != null
                    && known != null
                    && fresh.stream().noneMatch(inspection -> inspection.where().equals(address.address()))) {
                kept.add(known);
            }
        }
        return kept;
    }

    /** Whether the leaf was seen lately. */
    private boolean remember(Inspection inspection) {
        for (Member member : members) {
            if (sameLeaf(member.inspection, inspection)) {
                member.cameBack |= member.missed > 0;
                member.missed = 0;
                member.inspection = inspection;
                return true;
            }
        }
        members.add(new Member(inspection));
        return false;
    }

    /** Certificates of a bundle come and go without one taking another's place. */
    private static boolean standsForItself(Inspection inspection) {
        return inspection.kind() != Kind.BUNDLE && inspection.kind() != Kind.TRUST_STORE;
    }

    private CertificateFacts formerlyAt(Inspection fresh, CertificateFacts otherwise) {
        Inspection known = last.get(fresh.where());
        return known == null ? otherwise : known.leaf();
    }

    private void forget(List<Inspection> fresh, List<Inspection> kept) {
        for (Iterator<Member> all = members.iterator(); all.hasNext(); ) {
            Member member = all.next();
            boolean there = anySameLeaf(fresh, member.inspection) || anySameLeaf(kept, member.inspection);
            if (!there && (++member.missed > PROBES_REMEMBERED || !served(member.inspection))) {
                all.remove();
            }
        }
    }

    /** Only a server can have others behind it: a file holds what it holds. */
    private static boolean served(Inspection inspection) {
        return inspection.kind() == Kind.SERVED || inspection.kind() == Kind.PLAINTEXT;
    }

    /** Where turns are over and what stayed is not what was told last, a renewal was taken back. */
    private void settle(CertTarget target, CertificateFacts stayed, Instant now, List<CertificateChange> changes) {
        CertificateFacts former = told;
        if (former != null
                && members.stream()
                        .noneMatch(member -> member.inspection.leaf().sha256().equals(former.sha256()))) {
            changes.add(new CertificateChange(target, former, stayed, now));
            told = stayed;
        }
    }

    private List<Inspection> judged(List<Inspection> fresh, List<Inspection> kept) {
        List<Inspection> judged = new ArrayList<>(fresh);
        judged.addAll(kept);
        if (takingTurns) {
            for (Member member : members) {
                if (!anySameLeaf(judged, member.inspection)) {
                    judged.add(member.inspection);
                }
            }
        }
        return List.copyOf(judged);
    }

    private static Map<String, Inspection> places(List<Inspection> fresh, List<Inspection> kept) {
        Map<String, Inspection> places = new HashMap<>();
        kept.forEach(inspection -> places.put(inspection.where(), inspection));
        fresh.forEach(inspection -> places.put(inspection.where(), inspection));
        return Map.copyOf(places);
    }

    private static boolean anySameLeaf(List<Inspection> inspections, Inspection other) {
        return inspections.stream().anyMatch(inspection -> sameLeaf(inspection, other));
    }

    private static boolean sameLeaf(Inspection one, Inspection other) {
        return one.leaf().sha256().equals(other.leaf().sha256());
    }
}
