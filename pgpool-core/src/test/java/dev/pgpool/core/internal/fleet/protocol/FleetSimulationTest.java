package dev.pgpool.core.internal.fleet.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Random histories of a fleet in virtual time. {@code -Dpgpool.test.fleet.histories=N} runs more of them, {@code
 * -Dpgpool.test.fleet.seed=N} begins at another.
 */
@Tag("once")
class FleetSimulationTest {
    private static final int HISTORIES = Integer.getInteger("pgpool.test.fleet.histories", 300);
    private static final long SEED = Long.getLong("pgpool.test.fleet.seed", 1);
    private static final long SECOND = 1_000 * SimClock.MILLIS;

    /** One fleet, and what must hold of it at each moment. */
    private static final class History {
        final long seed;
        final SimClock clock;
        final Random random;
        final int bound;
        final SimPostgres postgres;
        final List<SimMember> members = new ArrayList<>();
        int names;
        int most;

        History(long seed, int bound) {
            this.seed = seed;
            this.clock = new SimClock(seed);
            this.random = clock.random;
            this.bound = bound;
            this.postgres = new SimPostgres(clock, bound);
        }

        SimMember start(int wanted, int weight) {
            SimMember made = new SimMember(postgres, "m" + ++names, bound, weight);
            members.add(made);
            made.wants(wanted);
            return made;
        }

        void run(double seconds) {
            clock.run((long) (seconds * SECOND), this::check);
        }

        private void check() {
            int servers = postgres.servers();
            most = Math.max(most, servers);
            if (servers > bound) {
                throw new AssertionError("%d servers, bound %d, at %d ms, seed %d, %s"
                        .formatted(servers, bound, clock.now() / SimClock.MILLIS, seed, members));
            }
        }

        void fault() {
            SimMember victim = members.get(random.nextInt(members.size()));
            switch (random.nextInt(11)) {
                case 0 -> victim.kill();
                case 1 -> {
                    victim.stop();
                    clock.in(clock.between(20, 6_000), victim::wake);
                }
                case 2 -> victim.cutOff();
                case 3 -> victim.loseControlSession();
                case 4 -> {
                    // a stopped process whose session is ended meanwhile
                    victim.stop();
                    victim.loseControlSession();
                    clock.in(clock.between(20, 3_000), victim::wake);
                }
                case 5 -> {
                    if (random.nextInt(3) == 0) {
                        postgres.restart();
                        members.forEach(SimMember::onRestart);
                    }
                }
                case 6 -> victim.holdUp(clock.between(50, 4_000));
                case 7, 8 -> start(random.nextInt(2 * bound), 1);
                default -> members.get(random.nextInt(members.size())).wants(random.nextInt(2 * bound));
            }
            members.removeIf(member -> member.dead);
            while (members.size() < 2) {
                start(random.nextInt(bound + 1), 1);
            }
        }

        /** Ends all faults; after that the fleet must be whole. */
        void recover() {
            run(25);
            for (SimMember member : List.copyOf(members)) {
                assertThat(member.isWorking()).as("seed %d: %s", seed, member).isTrue();
            }
        }
    }

    @Test
    void theBoundHoldsThroughoutAndNothingIsLost() {
        for (long seed = SEED; seed < SEED + HISTORIES; seed++) {
            Random shape = new Random(seed);
            History history = new History(seed, 1 + shape.nextInt(24));
            int members = 1 + shape.nextInt(8);
            for (int i = 0; i < members; i++) {
                history.start(shape.nextInt(2 * history.bound), 1);
            }
            for (int i = 0; i < 25; i++) {
                history.run(shape.nextDouble() * 1.5);
                history.fault();
            }
            history.recover();
            // all want more than there is: each has its share
            history.members.forEach(member -> member.wants(2 * history.bound));
            history.run(3);
            if (history.members.size() <= history.bound) {
                double share = history.bound / (double) history.members.size();
                for (SimMember member : history.members) {
                    assertThat((double) member.servers())
                            .as("seed %d, share %s: %s", seed, share, history.members)
                            .isBetween(Math.floor(share) - 1, Math.ceil(share) + 1);
                }
            }
            for (int i = 0; i < 10 * history.members.size(); i++) {
                history.run(0.1);
            }
            for (SimMember member : history.members) {
                assertThat(history.clock.now() - member.servedNanos)
                        .as("starved, seed %d: %s of %s", seed, member, history.members)
                        .isLessThan(SECOND * Math.max(3, history.members.size()));
            }
            // one wants all that there is
            SimMember greedy = history.members.get(0);
            history.members.forEach(member -> member.wants(0));
            greedy.wants(history.bound);
            history.run(4);
            assertThat(greedy.servers())
                    .as("lost budget, seed %d: %s, %s", seed, history.members, history.postgres.unanswered())
                    .isEqualTo(history.bound);
        }
    }

    /** Twenty members with forty servers: one in five is busy, the clients of the others ask for a server now and then. */
    private static final class Wandering {
        final History history;
        final List<Clients> all = new ArrayList<>();

        Wandering(long seed, int busy) {
            history = new History(seed, 40);
            for (int i = 0; i < 20; i++) {
                Clients clients = new Clients(history.start(0, 1), history.clock, busy);
                all.add(clients);
                history.clock.in(history.clock.between(0, 300), clients::ask);
            }
        }

        /** Others are busy from now on. */
        void shift(int to) {
            for (int i = 0; i < all.size(); i++) {
                all.get(i).busy(i % 5 == to % 5);
            }
        }

        int made() {
            return history.members.stream().mapToInt(member -> member.made).sum();
        }

        /** Servers of those that are busy. */
        int atWork() {
            return all.stream()
                    .filter(clients -> clients.busy)
                    .mapToInt(clients -> clients.member.servers())
                    .sum();
        }
    }

    /** The clients of a member: they use so many servers, or one of them asks now and then for a tenth of a second at most. */
    private static final class Clients {
        final SimMember member;
        final SimClock clock;
        final int most;
        boolean busy;

        Clients(SimMember member, SimClock clock, int most) {
            this.member = member;
            this.clock = clock;
            this.most = most;
            member.longest = 25;
        }

        void busy(boolean now) {
            if (busy != now) {
                busy = now;
                member.wants(now ? most : 0);
            }
        }

        void ask() {
            if (!busy) {
                member.wants(1);
                clock.in(clock.between(50, 100), () -> {
                    if (!busy) {
                        member.wants(0);
                    }
                });
            }
            clock.in(clock.between(50, 450), this::ask);
        }
    }

    @Test
    void serversDoNotGoToAndFroBetweenMembersThatAskNowAndThen() {
        for (long seed = SEED; seed < SEED + 5; seed++) {
            Wandering load = new Wandering(seed, 10);
            load.shift(0);
            load.history.run(8);
            int before = load.made();
            load.history.run(10);
            assertThat(load.made() - before)
                    .as("servers made in ten seconds, seed %d: %s", seed, load.history.members)
                    .isLessThan(60);
            assertThat(load.atWork())
                    .as("seed %d: %s", seed, load.history.members)
                    .isBetween(20, 32);
        }
    }

    /** It takes a tenth of a second in this world to make a server. */
    @Test
    void serversFollowALoadThatMoves() {
        for (long seed = SEED; seed < SEED + 5; seed++) {
            Wandering load = new Wandering(seed, 6);
            for (int shift = 0; shift < 6; shift++) {
                load.shift(shift);
                load.history.run(0.5);
                assertThat(load.atWork())
                        .as("after half a second, seed %d: %s", seed, load.history.members)
                        .isGreaterThanOrEqualTo(18);
                load.history.run(2.5);
                assertThat(load.atWork())
                        .as("after three seconds, seed %d: %s", seed, load.history.members)
                        .isGreaterThanOrEqualTo(22);
            }
        }
    }
}
