package dev.pgpool.core.internal.fleet.protocol;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * What a PostgreSQL does as far as a fleet sees it: sessions, session-level locks that end with them, application names,
 * notifications. A session is accepted first and seen later. The parts of a step run at different times, and what others do
 * comes between them.
 */
final class SimPostgres {
    /** A session, whatever for. */
    final class Session {
        final int pid = ++lastPid;
        final SimMember owner;
        final boolean control;
        boolean visible;
        boolean ended;
        /** A session whose client is gone finds out when its query is done. */
        long busyUntil;

        Session(SimMember owner, boolean control) {
            this.owner = owner;
            this.control = control;
        }

        void end() {
            if (!ended) {
                ended = true;
                sessions.remove(pid);
                servers -= control ? 0 : 1;
                slots.values().removeIf(holder -> holder == pid);
                registrations.values().removeIf(holder -> holder == pid);
                states.remove(pid);
            }
        }

        /** Its client is gone, and the kernel says so. */
        void clientGone() {
            clock.in(Math.max(0, busyUntil - clock.now()) + clock.between(0, 4), this::end);
        }
    }

    final SimClock clock;
    private final int bound;
    private int lastPid = 1000;
    final Map<Integer, Session> sessions = new LinkedHashMap<>();
    private final Map<Integer, Integer> slots = new TreeMap<>();
    private final Map<Integer, Integer> registrations = new HashMap<>();
    private final Map<Integer, PeerState> states = new HashMap<>();
    boolean down;
    long steps;
    private int servers;

    SimPostgres(SimClock clock, int bound) {
        this.clock = clock;
        this.bound = bound;
    }

    /** A session begins; it is seen after a while. */
    Session accept(SimMember owner, boolean control) {
        Session session = new Session(owner, control);
        sessions.put(session.pid, session);
        servers += control ? 0 : 1;
        if (control) {
            session.visible = true;
            states.put(session.pid, PeerState.UNKNOWN);
        }
        return session;
    }

    /** Sessions that are servers, seen or not. */
    int servers() {
        return servers;
    }

    void restart() {
        down = true;
        List.copyOf(sessions.values()).forEach(Session::end);
        clock.in(clock.between(50, 800), () -> down = false);
    }

    /** The parts of a step one after the other; the answer comes if the session lives to the end. */
    void execute(Session control, FleetStep step, Consumer<FleetView> answer) {
        steps++;
        List<Runnable> parts = new ArrayList<>();
        Set<Integer> seen = new HashSet<>();
        if (step.say() != null) {
            parts.add(() -> states.put(control.pid, step.say()));
        }
        step.forget().forEach(pid -> parts.add(() -> registrations.remove(pid, control.pid)));
        step.give().forEach(slot -> parts.add(() -> slots.remove(slot, control.pid)));
        for (int i = 0; i < step.take(); i++) {
            parts.add(() -> takeAny(control));
        }
        step.register().forEach(pid -> parts.add(() -> registrations.putIfAbsent(pid, control.pid)));
        parts.add(() -> sessions.values().stream()
                .filter(session -> !session.control && session.visible)
                .forEach(session -> seen.add(session.pid)));
        Map<String, FleetView> view = new HashMap<>();
        parts.add(() -> view.put("", look(control, seen)));
        parts.add(() -> {
            if (step.call() != null) {
                call(step.call(), control.pid, step.state());
            }
            answer.accept(view.get(""));
        });
        run(control, parts, 0);
    }

    private void run(Session control, List<Runnable> parts, int next) {
        if (control.ended) {
            return;
        }
        parts.get(next).run();
        if (next + 1 < parts.size()) {
            clock.in(clock.between(0, 0.2), () -> run(control, parts, next + 1));
        }
    }

    private void takeAny(Session control) {
        for (int slot = 1; slot <= bound; slot++) {
            if (slots.putIfAbsent(slot, control.pid) == null) {
                return;
            }
        }
    }

    private FleetView look(Session control, Set<Integer> seen) {
        List<FleetView.Peer> peers = new ArrayList<>();
        states.forEach((pid, state) -> peers.add(new FleetView.Peer(
                pid, (int) slots.values().stream().filter(pid::equals).count(), state)));
        Set<Integer> mine = new HashSet<>();
        slots.forEach((slot, holder) -> {
            if (holder == control.pid) {
                mine.add(slot);
            }
        });
        Set<Integer> unregistered = new HashSet<>(seen);
        unregistered.removeAll(registrations.keySet());
        Set<Integer> present = new HashSet<>(seen);
        present.removeIf(pid -> registrations.getOrDefault(pid, control.pid) != control.pid);
        return new FleetView(control.pid, peers, mine, unregistered, present);
    }

    private void call(FleetStep.Call call, int pid, PeerState state) {
        for (Session session : List.copyOf(sessions.values())) {
            if (session.control) {
                clock.in(clock.between(0.05, 0.5), () -> {
                    if (!session.ended) {
                        session.owner.hears(session, call, pid, state);
                    }
                });
            }
        }
    }

    /** Servers that no member answers for. */
    String unanswered() {
        List<String> found = new ArrayList<>();
        for (Session session : sessions.values()) {
            if (!session.control && !registrations.containsKey(session.pid)) {
                found.add(session.pid + " of " + session.owner.name + (session.owner.dead ? " (dead)" : ""));
            }
        }
        return found + ", registered " + registrations;
    }

    List<Session> sessionsOf(SimMember owner) {
        return sessions.values().stream()
                .filter(session -> session.owner == owner)
                .toList();
    }
}
