package dev.pgpool.core.internal.fleet.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.internal.fleet.protocol.FleetView.Peer;
import dev.pgpool.core.internal.fleet.protocol.Shares.Claim;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** A member that looks only when it has more than is assured to it never keeps what another division would take from it. */
class DivisionTest {
    private static final long NOW = 10_000_000_000L;
    private static final int SELF = 1;
    private static final int HOSTILE = 999_999_999;

    private final Random random = new Random(20);

    private int number(int most) {
        return random.nextInt(20) == 0 ? HOSTILE : random.nextInt(most);
    }

    @Test
    void theAssuredPartIsNeverMoreThanTheShare() {
        for (int round = 0; round < 20_000; round++) {
            int bound = 1 + random.nextInt(60);
            int weight = 1 + random.nextInt(4);
            Callers callers = new Callers(2_500_000_000L);
            Strangers strangers = new Strangers();
            Set<Integer> left = new HashSet<>();
            for (int i = random.nextInt(4); i > 0; i--) {
                left.add(1_000 + i);
            }
            strangers.seen(left, random.nextBoolean() ? 0 : NOW);
            List<Peer> peers = new ArrayList<>();
            peers.add(new Peer(SELF, 0, new PeerState(weight, 0, 0, 0)));
            for (int pid = 2; pid < 2 + random.nextInt(30); pid++) {
                int others = random.nextInt(10) == 0 ? HOSTILE : 1 + random.nextInt(4);
                peers.add(new Peer(
                        pid, random.nextInt(6), new PeerState(others, number(40), number(40), random.nextInt(9))));
                if (random.nextBoolean()) {
                    callers.heard(pid, new PeerState(others, number(40), number(40), random.nextInt(9)), NOW - 1);
                }
            }
            FleetView view = new FleetView(SELF, peers, Set.of(), left, Set.of());
            int demand = number(60);
            Division division = new Division(bound, weight, callers, strangers);
            List<Claim> claims = division.of(view, demand, random.nextInt(9), 0, NOW);
            assertThat(division.assured(view, demand)).as("round %d", round).isBetween(0, claims.get(0).share);
            assertThat(claims.stream().mapToLong(claim -> claim.share).sum())
                    .as("round %d", round)
                    .isLessThanOrEqualTo(bound);
        }
    }
}
