package dev.pgpool.core.internal.fleet;

import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.Toxics;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Processes with members of a fleet, each behind a network of its own, and what befalls them. What a fault stops goes on after
 * a while, and other faults come meanwhile.
 */
final class FleetFaults implements AutoCloseable {
    enum Fault {
        /** A process ends without a word. */
        KILL(3),
        /** A process does not run for a while. */
        STOP(3),
        /** All control sessions are ended by an administrator. */
        TERMINATE(2),
        /** The same, while a process does not run. */
        TERMINATE_WHILE_STOPPED(3),
        /** The network of a process passes nothing on for a while, and then all of it. */
        STALL(3),
        /** The network of a process passes nothing on for a while, and then all connections are reset. */
        CUT_OFF(3),
        /** A process ends while its network passes nothing on. */
        KILL_WHILE_CUT_OFF(2),
        /** PostgreSQL is stopped and started. */
        RESTART(1),
        /** A server process of PostgreSQL is killed, upon which it ends all others and recovers. */
        CRASH(1);

        private final int weight;

        Fault(int weight) {
            this.weight = weight;
        }
    }

    /** One process and its network; what is due to go on, and when. */
    private final class Host implements AutoCloseable {
        final Toxics network = Toxics.before(postgres.address());
        FleetProcess process;
        long goesOnNanos;
        boolean halted;
        boolean reset;

        Host() throws IOException {
            process = new FleetProcess(network.port(), role, bound, membersEach);
        }

        void startAnother() throws Exception {
            process.kill();
            process = new FleetProcess(network.port(), role, bound, membersEach);
            process.load(load);
        }

        void halt() {
            halted = true;
            goesOnNanos = System.nanoTime() + random.nextInt(4_000) * 1_000_000L;
        }

        void goOn() throws Exception {
            if (halted) {
                halted = false;
                if (reset) {
                    network.cut();
                }
                reset = false;
                network.resume();
                process.signal("CONT");
            }
        }

        int load;

        void load(int clients) throws IOException {
            load = clients;
            process.load(clients);
        }

        @Override
        public void close() throws Exception {
            process.close();
            network.close();
        }
    }

    private final Random random = new Random();
    private final TestPostgres postgres;
    private final String role;
    private final int bound;
    private final int membersEach;
    private final FleetObserver observer;
    private final List<Host> hosts = new ArrayList<>();
    private final Map<Fault, Integer> done = new EnumMap<>(Fault.class);

    FleetFaults(TestPostgres postgres, String role, int bound, int processes, int membersEach, FleetObserver observer)
            throws IOException {
        this.postgres = postgres;
        this.role = role;
        this.bound = bound;
        this.membersEach = membersEach;
        this.observer = observer;
        for (int i = 0; i < processes; i++) {
            hosts.add(new Host());
        }
    }

    /** All clients, or those of one process, or none have something to do. */
    void loadWanders() throws IOException {
        int kind = random.nextInt(4);
        Host busy = hosts.get(random.nextInt(hosts.size()));
        for (Host host : hosts) {
            host.load(kind == 0 ? 0 : kind == 1 ? 4 : host == busy ? 12 : random.nextInt(2));
        }
    }

    void loadAll(int clients) throws IOException {
        for (Host host : hosts) {
            host.load(clients);
        }
    }

    /** One more fault, after those have gone on whose time it is. */
    void next() throws Exception {
        for (Host host : hosts) {
            if (host.halted && System.nanoTime() - host.goesOnNanos >= 0) {
                host.goOn();
            }
        }
        Fault fault = any();
        done.merge(fault, 1, Integer::sum);
        Host host = hosts.get(random.nextInt(hosts.size()));
        host.goOn();
        befall(host, fault);
    }

    private Fault any() {
        List<Fault> lots = new ArrayList<>();
        for (Fault fault : Fault.values()) {
            for (int i = 0; i < fault.weight; i++) {
                lots.add(fault);
            }
        }
        return lots.get(random.nextInt(lots.size()));
    }

    private void befall(Host host, Fault fault) throws Exception {
        switch (fault) {
            case KILL -> host.startAnother();
            case STOP -> {
                host.halt();
                host.process.signal("STOP");
            }
            case TERMINATE -> terminateControls();
            case TERMINATE_WHILE_STOPPED -> {
                host.halt();
                host.process.signal("STOP");
                terminateControls();
            }
            case STALL, CUT_OFF -> {
                host.halt();
                host.reset = fault == Fault.CUT_OFF;
                host.network.stall();
            }
            case KILL_WHILE_CUT_OFF -> {
                host.halt();
                host.reset = random.nextBoolean();
                host.network.stall();
                Thread.sleep(random.nextInt(1_000));
                host.startAnother();
            }
            case RESTART -> postgres.restart();
            case CRASH -> crash();
        }
    }

    private void terminateControls() {
        try {
            observer.terminateControls();
        } catch (IllegalStateException e) {
            // PostgreSQL recovers: there are none
        }
    }

    private void crash() throws Exception {
        String pid;
        try {
            pid = observer.anyServer();
        } catch (IllegalStateException e) {
            // it recovers from another one
            return;
        }
        if (pid != null) {
            new ProcessBuilder("kill", "-KILL", pid).start().waitFor();
        }
    }

    /** All goes on. */
    void end() throws Exception {
        for (Host host : hosts) {
            host.goOn();
        }
    }

    /** Transactions of each process. */
    List<Long> transactions() throws IOException {
        List<Long> all = new ArrayList<>();
        for (Host host : hosts) {
            all.add(host.process.done());
        }
        return all;
    }

    /** How many there were of each kind. */
    @Override
    public String toString() {
        return done.toString();
    }

    @Override
    public void close() throws Exception {
        for (Host host : hosts) {
            host.close();
        }
    }
}
