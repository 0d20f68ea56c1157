package dev.pgpool.core.internal.cancel;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

/** Which pooler a process id is of. */
class PeerCancelsTest {
    /** Draws always the smallest, or always the largest. */
    private static final class Extreme extends Random {
        private static final long serialVersionUID = 1L;

        private final boolean largest;

        Extreme(boolean largest) {
            this.largest = largest;
        }

        @Override
        public int nextInt(int bound) {
            return largest ? bound - 1 : 0;
        }
    }

    @Test
    void everyIdTellsThePoolerThatGaveIt() {
        Random random = new Random(911);
        for (int peer = 1; peer <= 16_383; peer++) {
            for (Random source : new Random[] {random, new Extreme(false), new Extreme(true)}) {
                int id = PeerCancels.draw(peer, source);
                assertThat(id).isGreaterThan(PeerCancels.LARGEST_PROCESS_ID);
                assertThat(PeerCancels.peerOf(id)).isEqualTo(peer);
                assertThat(PeerCancels.peerOf(id | 1 << 31)).as("forwarded").isEqualTo(peer);
            }
        }
    }

    @Test
    void withoutPeersTheyAreOfTheWholeRange() {
        assertThat(PeerCancels.draw(0, new Extreme(false))).isEqualTo(PeerCancels.LARGEST_PROCESS_ID + 1);
        assertThat(PeerCancels.draw(0, new Extreme(true))).isEqualTo(Integer.MAX_VALUE);
    }

    @Test
    void eachPoolerWithPeersHasIdsForAllItsClients() {
        // those that may be configured, and a quarter more for those that log in
        assertThat(PeerCancels.OF_EACH_PEER).isGreaterThan(100_000 * 5 / 4);
    }

    @Test
    void idsOfProcessesAreOfNoPooler() {
        for (int id : new int[] {0, 1, 77, PeerCancels.LARGEST_PROCESS_ID}) {
            assertThat(PeerCancels.peerOf(id)).isZero();
        }
    }
}
