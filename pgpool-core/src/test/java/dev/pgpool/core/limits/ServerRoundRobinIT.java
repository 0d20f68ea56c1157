package dev.pgpool.core.limits;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.WireClient;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import org.junit.jupiter.api.Test;

/** In which order idle servers are used. */
class ServerRoundRobinIT {

    @Test
    void idleServersTakeTurnsWhereThatIsWanted() {
        List<Integer> used = used(true);
        assertThat(new LinkedHashSet<>(used)).hasSize(3);
        assertThat(used.subList(3, 6)).isEqualTo(used.subList(0, 3));
    }

    @Test
    void lastOneIsUsedFirstOtherwise() {
        assertThat(new LinkedHashSet<>(used(false))).hasSize(1);
    }

    /** The servers of six transactions one after the other, with three servers there. */
    private static List<Integer> used(boolean roundRobin) {
        try (TestPooler pooler = TestPooler.start(TestPostgres.shared(18), 3, db -> db.serverRoundRobin(roundRobin));
                WireClient a = pooler.login();
                WireClient b = pooler.login();
                WireClient c = pooler.login()) {
            for (WireClient client : List.of(a, b, c)) {
                client.run("BEGIN");
            }
            for (WireClient client : List.of(a, b, c)) {
                client.run("COMMIT");
            }
            List<Integer> used = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                used.add(a.serverPid());
            }
            return used;
        }
    }
}
