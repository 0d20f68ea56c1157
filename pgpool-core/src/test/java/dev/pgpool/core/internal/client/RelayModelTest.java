package dev.pgpool.core.internal.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Random clients share few servers, with random splits and delays in all directions: each must see exactly, byte for
 * byte, what a PostgreSQL of its own would have answered.
 */
class RelayModelTest {

    private static final int RUNS_PER_SEED = 60;

    /** A run takes some hundred; more means that a client waits for ever. */
    private static final int MOST_STEPS = 20_000;

    static List<Long> seeds() {
        Random fresh = new Random();
        return List.of(1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L, fresh.nextLong(), fresh.nextLong());
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void pooledClientSeesWhatItWouldSeeAlone(long seed) {
        for (int run = 0; run < RUNS_PER_SEED; run++) {
            long runSeed = seed * RUNS_PER_SEED + run;
            try {
                new Run(runSeed, 0, false).go();
            } catch (Throwable e) {
                throw new AssertionError("run seed " + runSeed, e);
            }
        }
    }

    /** Many batches under way, some of which fail, and names given and taken in all of them. */
    @ParameterizedTest
    @MethodSource("seeds")
    void deepPipelinesWithFailingBatchesKeepTheirNames(long seed) {
        for (int run = 0; run < RUNS_PER_SEED; run++) {
            long runSeed = seed * RUNS_PER_SEED + run;
            try {
                new Run(runSeed, 0, true).go();
            } catch (Throwable e) {
                throw new AssertionError("run seed " + runSeed, e);
            }
        }
    }

    /** Some vanish at any moment; those who stay must not notice. */
    @ParameterizedTest
    @MethodSource("seeds")
    void clientsThatVanishDoNotDisturbTheOthers(long seed) {
        for (int run = 0; run < RUNS_PER_SEED; run++) {
            long runSeed = seed * RUNS_PER_SEED + run;
            try {
                new Run(runSeed, 2, false).go();
            } catch (Throwable e) {
                throw new AssertionError("run seed " + runSeed, e);
            }
        }
    }

    private static final class Party {
        final Rig.Client client;
        final RandomClient mind;
        final boolean vanishes;
        int roundsLeft;
        long got;
        boolean gone;

        Party(Rig.Client client, RandomClient mind, int rounds, boolean vanishes) {
            this.client = client;
            this.mind = mind;
            this.roundsLeft = rounds;
            this.vanishes = vanishes;
        }

        boolean isDone() {
            return gone || roundsLeft < 0 || !client.isOpen();
        }
    }

    private static final class Run {
        private final Random random;
        private final long seed;
        private final int victims;
        private final boolean deep;
        private final List<Party> parties = new ArrayList<>();
        private final List<java.io.ByteArrayOutputStream> seen = new ArrayList<>();

        Run(long seed, int victims, boolean deep) {
            this.deep = deep;
            this.seed = seed;
            this.victims = victims;
            this.random = new Random(seed);
        }

        void go() {
            int maxServers = 1 + random.nextInt(2);
            int limit = 1 + random.nextInt(3);
            try (Rig rig = new Rig(maxServers, limit)) {
                int count = 1 + random.nextInt(3) + victims;
                for (int i = 0; i < count; i++) {
                    String name = "c" + i;
                    Rig.Client client = rig.login("application_name", name);
                    parties.add(new Party(
                            client, new RandomClient(seed * 31 + i, name, deep), 3 + random.nextInt(6), i < victims));
                    seen.add(new java.io.ByteArrayOutputStream());
                }
                int steps = 0;
                while (!parties.stream().allMatch(Party::isDone)) {
                    if (steps++ == MOST_STEPS) {
                        rig.settle();
                        compare(rig);
                        throw new AssertionError("comes to no end");
                    }
                    for (int i = 0; i < 4; i++) {
                        move(rig);
                    }
                    speak(parties.get(random.nextInt(parties.size())));
                }
                rig.settle();
                compare(rig);
                checkServers(rig, limit);
            }
        }

        private void speak(Party party) {
            if (party.isDone()) {
                return;
            }
            collect(party);
            if (party.vanishes && random.nextInt(12) == 0) {
                party.client.vanish();
                party.gone = true;
                return;
            }
            boolean answered = party.got >= party.mind.expected().length;
            if (party.mind.mustWait() && !answered) {
                return;
            }
            party.roundsLeft--;
            party.client.send(party.roundsLeft < 0 ? party.mind.last() : party.mind.next());
        }

        private void collect(Party party) {
            byte[] received = party.client.received();
            java.io.ByteArrayOutputStream all = seen.get(parties.indexOf(party));
            all.writeBytes(received);
            party.got = RandomClient.withoutParameterStatus(all.toByteArray()).length;
        }

        /** Something arrives somewhere, or a server deals with a message. */
        private void move(Rig rig) {
            rig.runTasks();
            List<Rig.End> ends = rig.ends();
            Rig.End end = ends.get(random.nextInt(ends.size()));
            if (end.canDeliver()) {
                end.deliver(random.nextInt(3) == 0 ? 1 + random.nextInt(12) : 1 + random.nextInt(400));
            }
            if (end instanceof Rig.Server server) {
                server.collect();
                for (int steps = random.nextInt(4); steps > 0; steps--) {
                    server.step();
                }
            }
        }

        private void compare(Rig rig) {
            for (Party party : parties) {
                collect(party);
                if (party.gone) {
                    continue;
                }
                byte[] actual = RandomClient.withoutParameterStatus(
                        seen.get(parties.indexOf(party)).toByteArray());
                assertThat(Lines.of(actual))
                        .as(() -> "client " + parties.indexOf(party) + " that said " + party.mind.said()
                                + "\nservers heard "
                                + rig.servers.stream()
                                        .map(s -> s.postgres.heard())
                                        .toList() + "\n")
                        .isEqualTo(Lines.of(party.mind.expected()));
                assertThat(actual).isEqualTo(party.mind.expected());
            }
        }

        private void checkServers(Rig rig, int limit) {
            assertThat(rig.servers)
                    .as(() -> "servers, closed because " + rig.closeReasons)
                    .hasSizeLessThanOrEqualTo(rig.maxServers() + victims * 4);
            for (Rig.Server server : rig.servers) {
                if (server.isOpen()) {
                    assertThat(server.postgres.status()).isEqualTo('I');
                    long named = server.postgres.statementNames().stream()
                            // a real server refuses the text that stands for a rejected one
                            .filter(name -> !name.isEmpty() && !name.equals("pgpool rejects this"))
                            .count();
                    // a Close that the server skipped is made up for with the next Parse
                    long skipped = server.postgres.heard().stream()
                            .filter("skipped C"::equals)
                            .count();
                    assertThat(named).as("statements on a server").isLessThanOrEqualTo(limit + skipped);
                }
            }
        }
    }
}
