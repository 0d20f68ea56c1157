package dev.pgpool.core.internal.fleet.protocol;

import dev.pgpool.core.internal.fleet.protocol.SimPostgres.Session;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A process that is a member of the fleet: its clients, its servers, and how it talks with PostgreSQL. */
final class SimMember implements Permits {
    private static final FleetTimes TIMES = FleetTimes.USUAL;
    private static final long CONNECT_TIMEOUT = 400 * SimClock.MILLIS;

    /** A server, as the process sees it. */
    private static final class Server {
        final Session session;
        boolean busy;

        Server(Session session) {
            this.session = session;
        }
    }

    private final SimPostgres postgres;
    private final SimClock clock;
    final String name;
    private final FleetProtocol protocol;
    private final List<Server> servers = new ArrayList<>();
    private final Deque<Runnable> whileStopped = new ArrayDeque<>();

    private int taken;
    private int allowed;
    private long grantedNanos;
    private int toShed;
    private int making;
    private int abandoned;

    private @Nullable Session control;
    private boolean connecting;
    private boolean inFlight;
    private long wakeNumber;

    boolean dead;
    private boolean stopped;
    private boolean cutOff;
    /** The network passes nothing on until then, and then all of it. */
    private long heldUpUntil;
    /** Servers that its clients would use. */
    int wanted;
    /** How long transactions take, in milliseconds. */
    double longest = 60;
    /** When a client last had a server or wanted one. */
    private long usedNanos;
    /** How many servers it has made. */
    int made;
    /** When it last had a server, or no client. */
    long servedNanos;
    /** Since when clients wait for the first server that is missing. */
    long hungrySinceNanos = -1;

    SimMember(SimPostgres postgres, String name, int bound, int weight) {
        this.postgres = postgres;
        this.clock = postgres.clock;
        this.name = name;
        this.protocol = new FleetProtocol(bound, weight, TIMES, this);
        servedNanos = clock.now();
        connect();
    }

    // ---- faults

    void kill() {
        dead = true;
        // those too of which it has not heard, since it was stopped
        postgres.sessionsOf(this).forEach(this::sever);
    }

    /** PostgreSQL is told, if the network is there, or finds out. */
    private void sever(Session session) {
        if (cutOff) {
            clock.in(clock.between(500, 9_000), session::end);
        } else {
            clock.in(heldUp(), session::clientGone);
        }
    }

    /** The network passes nothing on for a while, and then all of it. */
    void holdUp(long nanos) {
        heldUpUntil = Math.max(heldUpUntil, clock.now() + nanos);
    }

    /** For how long what is sent now is held up, either way. */
    private long heldUp() {
        return Math.max(0, heldUpUntil - clock.now());
    }

    void stop() {
        stopped = true;
    }

    void wake() {
        stopped = false;
        while (!whileStopped.isEmpty()) {
            whileStopped.poll().run();
        }
        wakeUp();
    }

    /** The network is gone; PostgreSQL notices in its own time, and so does the process. */
    void cutOff() {
        if (cutOff) {
            return;
        }
        cutOff = true;
        Session held = control;
        List<Server> those = List.copyOf(servers);
        if (held != null) {
            clock.in(clock.between(500, 9_000), held::end);
        }
        those.forEach(server -> clock.in(clock.between(500, 9_000), server.session::end));
        clock.in(
                clock.between(200, 5_000),
                () -> alive(() -> {
                    loseControl();
                    those.forEach(server -> clock.in(clock.between(0, 2_000), () -> alive(() -> close(server))));
                }));
        clock.in(clock.between(3_000, 12_000), () -> cutOff = false);
    }

    /** An administrator ends the control session. */
    void loseControlSession() {
        Session held = control;
        if (held != null) {
            held.end();
            clock.in(heldUp() + clock.between(0, 1), () -> alive(this::loseControl));
        }
    }

    /** PostgreSQL has ended all sessions. */
    void onRestart() {
        clock.in(heldUp() + clock.between(0, 3), () -> alive(this::loseControl));
        List.copyOf(servers)
                .forEach(server -> clock.in(heldUp() + clock.between(0, 3), () -> alive(() -> lose(server))));
    }

    /** What happens in the process happens when it runs. */
    private void alive(Runnable event) {
        if (stopped && !dead) {
            whileStopped.add(() -> alive(event));
        } else if (!dead) {
            event.run();
        }
    }

    // ---- control session

    private void connect() {
        if (control == null && !connecting && !dead) {
            connecting = true;
            clock.in(
                    heldUp() + clock.between(1, 20),
                    () -> alive(() -> {
                        connecting = false;
                        if (postgres.down || cutOff) {
                            clock.in(clock.between(50, 300), () -> alive(this::connect));
                        } else {
                            control = postgres.accept(this, true);
                            inFlight = false;
                            protocol.connected();
                            wakeUp();
                        }
                    }));
        }
    }

    private void loseControl() {
        Session held = control;
        if (held != null) {
            control = null;
            // as the driver does it: what is left of the session is ended with the next one
            clock.in(cutOff ? clock.between(1_000, 9_000) : heldUp() + clock.between(0, 2), held::end);
            inFlight = false;
            protocol.lost();
            abandoned = making;
            clock.in(clock.between(10, 300), () -> alive(this::connect));
        }
    }

    void hears(Session session, FleetStep.Call call, int pid, PeerState state) {
        clock.in(
                heldUp(),
                () -> alive(() -> {
                    if (session == control && !cutOff) {
                        protocol.heard(call, pid, state, clock.now());
                        wakeUp();
                    }
                }));
    }

    private void wakeUp() {
        long number = ++wakeNumber;
        clock.in(
                0,
                () -> alive(() -> {
                    if (number == wakeNumber) {
                        act();
                    }
                }));
    }

    private void act() {
        Session held = control;
        if (held == null || inFlight) {
            return;
        }
        if (linked() + waiting() > 0) {
            usedNanos = clock.now();
        }
        Need need = new Need(Math.max(wanted, linked()), waiting(), linked(), clock.now() - usedNanos);
        FleetStep step = protocol.plan(clock.now(), need);
        closeIdle();
        inFlight = step != null;
        if (step != null && !cutOff) {
            clock.in(
                    heldUp() + clock.between(0.05, 0.5),
                    () -> postgres.execute(held, step, view -> {
                        clock.in(
                                heldUp() + clock.between(0.05, 0.5),
                                () -> alive(() -> {
                                    if (held == control && !cutOff) {
                                        inFlight = false;
                                        protocol.answered(step, view, clock.now());
                                        work();
                                        wakeUp();
                                    }
                                }));
                    }));
        }
        long number = ++wakeNumber;
        clock.at(
                protocol.nextNanos(clock.now()),
                () -> alive(() -> {
                    if (number == wakeNumber) {
                        act();
                    }
                }));
    }

    // ---- clients and servers

    void wants(int servers) {
        wanted = servers;
        alive(() -> {
            work();
            wakeUp();
        });
    }

    private int linked() {
        return (int) servers.stream().filter(server -> server.busy).count();
    }

    private int waiting() {
        return Math.max(0, wanted - linked());
    }

    /** Gives servers to clients and makes those that are missing. */
    private void work() {
        if (dead || stopped) {
            return;
        }
        for (Server server : List.copyOf(servers)) {
            if (!server.busy && waiting() > 0) {
                begin(server);
            }
        }
        while (waiting() > making && tryTake()) {
            make();
        }
        if (linked() > 0 || wanted == 0) {
            servedNanos = clock.now();
        }
        if (waiting() == 0) {
            hungrySinceNanos = -1;
        } else if (hungrySinceNanos < 0) {
            hungrySinceNanos = clock.now();
        }
    }

    private boolean tryTake() {
        if (taken >= allowed) {
            return false;
        }
        if (clock.now() - grantedNanos > TIMES.freshNanos()) {
            protocol.asked();
            wakeUp();
            return false;
        }
        taken++;
        return true;
    }

    private void make() {
        making++;
        made++;
        boolean reached = !postgres.down && !cutOff;
        boolean fails = clock.random.nextInt(40) == 0;
        if (heldUp() > CONNECT_TIMEOUT) {
            // given up, but on its way: PostgreSQL has it for a moment when the network goes on
            clock.in(CONNECT_TIMEOUT, () -> alive(this::failed));
            clock.in(heldUp() + clock.between(0, 15), () -> {
                if (!postgres.down) {
                    clock.in(clock.between(1, 20), postgres.accept(this, false)::end);
                }
            });
            return;
        }
        clock.in(heldUp() + clock.between(0, 15), () -> {
            if (!reached || postgres.down || (dead && clock.random.nextBoolean())) {
                clock.in(clock.between(0, 100), () -> alive(this::failed));
                return;
            }
            Session session = postgres.accept(this, false);
            clock.in(clock.between(0, 80), () -> session.visible = !session.ended);
            if (dead || fails) {
                clock.in(clock.between(0, 90), session::end);
                clock.in(clock.between(0, 90), () -> alive(this::failed));
            } else {
                clock.in(heldUp() + clock.between(80, 100), () -> alive(() -> made(session)));
                clock.in(clock.between(100, 101), () -> {
                    if (dead) {
                        session.end();
                    }
                });
            }
        });
    }

    private void failed() {
        making--;
        abandoned = Math.max(0, abandoned - 1);
        protocol.connectFailed(clock.now());
        wakeUp();
    }

    private void made(Session session) {
        making--;
        Server server = new Server(session);
        servers.add(server);
        protocol.serverReady(session.pid);
        if (abandoned > 0 || session.ended) {
            abandoned = Math.max(0, abandoned - 1);
            close(server);
        }
        work();
        wakeUp();
    }

    private void begin(Server server) {
        server.busy = true;
        double millis = clock.random.nextInt(300) == 0 ? 20 * longest : 1 + clock.random.nextDouble() * longest;
        long took = (long) (millis * SimClock.MILLIS);
        server.session.busyUntil = clock.now() + took;
        clock.in(
                took,
                () -> alive(() -> {
                    if (servers.contains(server)) {
                        server.busy = false;
                        if (toShed > 0) {
                            toShed--;
                            close(server);
                        }
                        work();
                    }
                }));
    }

    private void closeIdle() {
        for (Server server : List.copyOf(servers)) {
            if (toShed > 0 && !server.busy) {
                toShed--;
                close(server);
            }
        }
    }

    private void close(Server server) {
        lose(server);
        clock.in(cutOff ? clock.between(500, 9_000) : heldUp() + clock.between(0, 3), server.session::end);
    }

    private void lose(Server server) {
        if (servers.remove(server)) {
            protocol.serverGone(server.session.pid);
            work();
            wakeUp();
        }
    }

    int servers() {
        return servers.size();
    }

    boolean isWorking() {
        return !dead && !stopped && !cutOff && control != null;
    }

    @Override
    public String toString() {
        return name + "[wanted " + wanted + ", servers " + servers.size() + ", held " + protocol.held() + ", share "
                + protocol.share() + ", taken " + taken + ", allowed " + allowed + ", making " + making + ", strangers "
                + protocol.strangers(clock.now()) + ", dead " + dead + ", control " + (control != null) + "]";
    }

    // ---- permits

    @Override
    public int taken() {
        return taken;
    }

    @Override
    public void grant(int count) {
        allowed = count;
        grantedNanos = clock.now();
    }

    @Override
    public int lower(int count) {
        allowed = Math.min(allowed, count);
        return Math.max(count, taken);
    }

    @Override
    public void freed(int count) {
        taken -= count;
    }

    @Override
    public void shed(int count) {
        toShed = count;
    }
}
