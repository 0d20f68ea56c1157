package dev.pgpool.core.internal.cancel;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** How many cancel requests are on their way. */
class CancelGateTest {
    private final CancelGate gate = new CancelGate();

    private static SocketAddress address(int number) {
        return InetSocketAddress.createUnresolved("db" + number, 5_432);
    }

    @Test
    void anAddressThatDoesNotAnswerDoesNotHoldUpOthers() {
        List<Integer> begun = new ArrayList<>();
        for (int i = 0; i < 1_000; i++) {
            gate.enter(address(0), () -> begun.add(0));
        }
        assertThat(begun).hasSize(CancelGate.MOST_PER_ADDRESS);
        gate.enter(address(1), () -> begun.add(1));
        assertThat(begun).contains(1);
    }

    @Test
    void thoseWhoWaitComeInTheirOrder() {
        List<CancelGate.Pass> inside = new ArrayList<>();
        for (int i = 0; i < CancelGate.MOST_PER_ADDRESS; i++) {
            inside.add(gate.enter(address(0), () -> {}));
        }
        List<String> begun = new ArrayList<>();
        gate.enter(address(0), () -> begun.add("first"));
        CancelGate.Pass impatient = gate.enter(address(0), () -> begun.add("impatient"));
        gate.enter(address(0), () -> begun.add("last"));
        impatient.leave();
        inside.forEach(CancelGate.Pass::leave);
        assertThat(begun).containsExactly("first", "last");
    }

    @Test
    void tooManyThatWaitAreNotTaken() {
        for (int i = 0; i < CancelGate.MOST_PER_ADDRESS + CancelGate.MOST_WAITING; i++) {
            assertThat(gate.enter(address(0), () -> {})).isNotNull();
        }
        assertThat(gate.enter(address(0), () -> {})).isNull();
    }

    @Test
    void boundsHoldWhateverTheOrder() {
        Random random = new Random(4711);
        List<CancelGate.Pass> passes = new ArrayList<>();
        int[] begun = {0};
        for (int i = 0; i < 20_000; i++) {
            if (random.nextInt(5) < 3 || passes.isEmpty()) {
                passes.add(gate.enter(address(random.nextInt(20)), () -> begun[0]++));
            } else {
                CancelGate.Pass pass = passes.remove(random.nextInt(passes.size()));
                pass.leave();
                pass.leave();
            }
            assertThat(gate.size()).isBetween(0, CancelGate.MOST);
        }
        passes.forEach(CancelGate.Pass::leave);
        assertThat(gate.size()).isZero();
        assertThat(begun[0]).isPositive();
    }
}
