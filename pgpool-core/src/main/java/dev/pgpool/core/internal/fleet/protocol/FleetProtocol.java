package dev.pgpool.core.internal.fleet.protocol;

import dev.pgpool.core.internal.fleet.protocol.FleetStep.Call;
import dev.pgpool.core.internal.fleet.protocol.Shares.Claim;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * One member of a fleet. It has no more servers than proven slots ({@link SlotProof}), and a slot until PostgreSQL has said
 * that the slot's server is gone.
 *
 * <pre>
 *             connected()              first answer
 *   ALONE ────────────────> NEW ────────────────> MEMBER ──┐ plan() ─> step ─> answered()
 *     ^                      │                      │  ^   │
 *     └──────── lost() ──────┴──────────────────────┘  └───┘
 * </pre>
 *
 * In ALONE no server is made, and those that there are go on; as a member again it takes slots for them or has them closed. Not
 * thread-safe: all calls by one thread, with times of one monotonic clock.
 */
public final class FleetProtocol {
    private final int bound;
    private final int weight;
    private final FleetTimes times;
    private final Permits permits;
    private final OwnServers servers = new OwnServers();
    private final Strangers strangers = new Strangers();
    private final Callers callers;
    private final Division division;
    private final SlotProof proof;
    private final AnswerTime answerTime;
    private final LastServer last;
    private final RecentNeed recent;
    private final Set<Integer> slots = new TreeSet<>();

    private boolean connected;
    private @Nullable FleetView view;
    private long viewedNanos;
    private @Nullable PeerState said;
    private Need need = Need.NONE;
    private int ticket;
    private int share;
    private boolean sharedOut;
    private long turnNanos;
    private long calledNanos;
    private boolean called;
    private int calledFor;
    private boolean lookDue;
    private long lookBy = Long.MAX_VALUE;
    private long debtNanos;
    private boolean indebted;
    private int shed;
    /** So many slots could not be had. */
    private int triedFor;

    /**
     * @param bound servers that the fleet may have
     * @param weight of this member's share
     */
    public FleetProtocol(int bound, int weight, FleetTimes times, Permits permits) {
        this.bound = bound;
        this.weight = weight;
        this.times = times;
        this.permits = permits;
        this.callers = new Callers(times.heardNanos());
        this.division = new Division(bound, weight, callers, strangers);
        this.proof = new SlotProof(bound);
        this.answerTime = new AnswerTime(times.settleNanos() / 2);
        this.last = new LastServer(times.keepNanos());
        this.recent = new RecentNeed(times.alertNanos());
    }

    // ---- what happens

    /** There is a control session; it holds nothing yet. */
    public void connected() {
        connected = true;
    }

    /** The control session is gone, and all that it held. */
    public void lost() {
        connected = false;
        view = null;
        said = null;
        slots.clear();
        servers.lost();
        strangers.clear();
        callers.clear();
        proof.lost();
        called = false;
        triedFor = 0;
        indebted = false;
        permits.lower(0);
        shed(0);
    }

    /** A server has logged in. */
    public void serverReady(int pid) {
        servers.ready(pid);
    }

    /** A server that was ready has ended; its permit is free when PostgreSQL says so. */
    public void serverGone(int pid) {
        servers.gone(pid);
    }

    /** A server has failed before it was ready. */
    public void connectFailed(long nowNanos) {
        servers.failed(nowNanos);
    }

    /** A lane wants to make a server and has no permit that is fresh. */
    public void asked() {
        // what was granted a while ago is granted anew; all else the plan finds out
        lookDue |= proof.proven() > permits.taken();
    }

    /** A member has called, and said of itself what it always says; members hear their own calls, too. */
    public void heard(Call call, int pid, PeerState state, long nowNanos) {
        FleetView known = view;
        if (known != null && pid == known.self()) {
            return;
        }
        switch (call) {
            case HELLO -> proof.suspect(nowNanos + times.settleNanos());
            case HUNGRY -> {
                boolean news = callers.heard(pid, state, nowNanos);
                if (known != null && slots.size() > division.assured(known, need.demand())) {
                    // what the others have is to be known before any is given away
                    lookDue |= news;
                    lookBy = Math.min(lookBy, viewedNanos + times.alertNanos());
                }
            }
            case FREE -> lookDue |= isHungry();
        }
    }

    // ---- what to do

    /** What to ask now; null if there is nothing to ask before {@link #nextNanos}. */
    public @Nullable FleetStep plan(long nowNanos, Need now) {
        FleetView known = view;
        need = recent.see(now, nowNanos);
        last.see(need, slots.size(), nowNanos);
        if (known != null && division.isRoomy(known) && last.isKept(nowNanos)) {
            need = need.atLeast(Math.min(1, slots.size()));
        }
        if (!connected) {
            return null;
        }
        answerTime.asked(nowNanos);
        if (known == null) {
            PeerState first = new PeerState(weight, need.demand(), need.waiting(), 0);
            said = first;
            return new FleetStep(first, List.of(), List.of(), 0, List.of(), Call.HELLO, first);
        }
        divide(known, nowNanos);
        List<Integer> give = toGive();
        int take = give.isEmpty() ? toTake(known, nowNanos) : 0;
        int unanswered = slots.size() - give.size() - servers.registered() - servers.failed() - making();
        List<Integer> register = servers.toRegister(Math.max(0, unanswered));
        Call call = call(give, nowNanos);
        List<Integer> forget = servers.toForget();
        boolean needed = take > 0
                || call != null
                || !give.isEmpty()
                || !register.isEmpty()
                || !forget.isEmpty()
                || lookDue
                || servers.awaitsEnds()
                || nowNanos - lookNanos() >= 0;
        if (!needed) {
            return null;
        }
        lookDue = false;
        lookBy = Long.MAX_VALUE;
        give.forEach(slots::remove);
        proof.held(slots.size());
        PeerState word = new PeerState(weight, need.demand(), need.waiting(), ticket);
        boolean news = !word.equals(said);
        said = word;
        return new FleetStep(news ? word : null, forget, give, take, register, call, word);
    }

    /** Servers that have not logged in. */
    private int making() {
        return Math.max(0, permits.taken() - servers.alive() - servers.ending());
    }

    private boolean isHungry() {
        return need.demand() > slots.size();
    }

    private boolean isContested(long nowNanos) {
        return callers.areAny(nowNanos);
    }

    private int wanted(boolean contested) {
        return contested ? Math.min(need.demand(), share) : need.demand();
    }

    private void divide(FleetView known, long nowNanos) {
        boolean contested = isContested(nowNanos);
        List<Claim> claims = division.of(known, need.demand(), ticket, slots.size(), nowNanos);
        share = claims.get(0).share;
        takeTurns(known, claims, nowNanos);
        int live = servers.alive() + making();
        int unslotted = indebted && nowNanos - debtNanos >= times.debtNanos() ? live - slots.size() : 0;
        int excess = Math.max(unslotted, contested ? live - share : 0);
        if (excess > 0) {
            // what is closed is not made again
            permits.lower(live - excess);
        }
        shed(excess);
    }

    /** With more members than servers, who has had a server for a while goes to the end of the queue. */
    private void takeTurns(FleetView known, List<Claim> claims, long nowNanos) {
        boolean starving = claims.stream().anyMatch(claim -> claim.demand > 0 && claim.share == 0);
        if (!starving || share == 0 || slots.isEmpty()) {
            sharedOut = false;
        } else if (!sharedOut) {
            sharedOut = true;
            turnNanos = nowNanos;
        } else if (nowNanos - turnNanos >= times.turnNanos()) {
            sharedOut = false;
            ticket = Math.max(ticket, known.lastTicket()) + 1;
            lookDue = true;
        }
    }

    private void shed(int wanted) {
        int now = Math.max(0, wanted);
        if (now != shed || now > 0) {
            shed = now;
            permits.shed(now);
        }
    }

    private List<Integer> toGive() {
        int keep = Math.max(wanted(!callers.isEmpty()), permits.taken());
        if (slots.size() <= keep) {
            return List.of();
        }
        int kept = permits.lower(keep);
        List<Integer> spare = new ArrayList<>(slots);
        return kept >= spare.size() ? List.of() : List.copyOf(spare.subList(kept, spare.size()));
    }

    private int toTake(FleetView known, long nowNanos) {
        int goal = Math.max(wanted(isContested(nowNanos)), permits.taken());
        int missing = goal - slots.size();
        if (missing <= 0) {
            triedFor = 0;
            return 0;
        }
        boolean sure = lookDue || nowNanos - lookNanos() >= 0 || goal > triedFor;
        if (!sure) {
            // a member that gives a slot back says so
            return 0;
        }
        if (!lookDue && nowNanos - viewedNanos < times.alertNanos()) {
            // nothing will have come free since
            missing = Math.min(missing, bound - known.slotsHeld() - strangers.settled(nowNanos));
        }
        return Math.max(0, missing);
    }

    private @Nullable Call call(List<Integer> give, long nowNanos) {
        if (!isHungry()) {
            called = false;
        } else if (!called || nowNanos - calledNanos >= callPauseNanos()) {
            called = true;
            calledNanos = nowNanos;
            calledFor = need.demand();
            return Call.HUNGRY;
        }
        return !give.isEmpty() && isContested(nowNanos) ? Call.FREE : null;
    }

    /** That more servers are needed is news. */
    private long callPauseNanos() {
        return need.demand() > calledFor ? times.alertNanos() : times.callNanos();
    }

    // ---- what came of it

    /** PostgreSQL has done the step. */
    public void answered(FleetStep step, FleetView answer, long nowNanos) {
        FleetView known = view;
        if (known == null || answer.lacksAnyOf(known)) {
            proof.suspect(nowNanos + times.settleNanos());
        }
        view = answer;
        viewedNanos = nowNanos;
        callers.viewed(answerTime.askedNanos());
        if (known == null) {
            ticket = Math.max(ticket, answer.lastTicket()) + 1;
        }
        int wished = slots.size() + step.take();
        slots.clear();
        slots.addAll(answer.slots());
        if (step.take() > 0) {
            triedFor = slots.size() < wished ? wished : 0;
        }
        servers.registered(step.register());
        servers.forgotten(step.forget());
        strangers.seen(answer.unregistered(), nowNanos);
        boolean late = answerTime.isLate(nowNanos);
        lookDue |= late;
        if (late || known == null) {
            servers.heldUpUntil(nowNanos);
        }
        confirmEnds(answer);
        proof.held(slots.size());
        proof.look(slots.size(), answer, answerTime.askedNanos(), strangers.known() > strangers.settled(nowNanos));
        int most = late ? permits.taken() : proof.proven();
        permits.grant(Math.min(most, wanted(isContested(nowNanos))));
        noteDebt(nowNanos);
    }

    private void confirmEnds(FleetView answer) {
        int ended = servers.endedUnless(answer.present());
        long failedUntil = answerTime.askedNanos() - times.settleNanos();
        boolean within = answer.slotsHeld() + answer.unregistered().size() <= bound;
        if (within || strangers.areOlderThan(servers.oldestFailure())) {
            ended += servers.failuresUntil(failedUntil);
        }
        if (ended > 0) {
            permits.freed(ended);
        }
    }

    private void noteDebt(long nowNanos) {
        boolean now = servers.alive() > slots.size();
        if (now && !indebted) {
            debtNanos = nowNanos;
        }
        indebted = now;
    }

    /** When {@link #plan} is to be called again, if nothing happens before. */
    public long nextNanos(long nowNanos) {
        if (!connected) {
            return nowNanos + times.restNanos();
        }
        if (view == null || lookDue) {
            return nowNanos;
        }
        long alert =
                isHungry() || isContested(nowNanos) || shed > 0 || indebted ? times.alertNanos() : times.periodNanos();
        long ends = servers.awaitsEnds() ? nowNanos + times.alertNanos() / 8 : Long.MAX_VALUE;
        long first = isHungry() && !called ? nowNanos : nowNanos + alert;
        return Math.min(Math.min(first, ends), lookNanos());
    }

    /** When the next look is due for itself. */
    private long lookNanos() {
        boolean waiting = isHungry() || !callers.isEmpty() || indebted;
        long next = Math.min(lookBy, viewedNanos + (waiting ? times.periodNanos() : times.restNanos()));
        long failure = servers.oldestFailure();
        if (failure != Long.MAX_VALUE) {
            next = Math.min(next, Math.max(failure + times.settleNanos(), viewedNanos + times.settleNanos()));
        }
        return Math.min(next, proof.nextNanos());
    }

    // ---- what is known

    /** What PostgreSQL said last; null if it is not known. */
    public @Nullable FleetView view() {
        return view;
    }

    /** Slots of this member. */
    public int held() {
        return slots.size();
    }

    /** What this member may have while others want more. */
    public int share() {
        return share;
    }

    /** Sessions that no member answers for. */
    public int strangers(long nowNanos) {
        return strangers.settled(nowNanos);
    }

    /** What its clients need. */
    public Need need() {
        return need;
    }
}
