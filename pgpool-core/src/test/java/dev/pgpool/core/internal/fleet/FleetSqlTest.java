package dev.pgpool.core.internal.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.internal.fleet.protocol.FleetView;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the rows of PostgreSQL mean, also where a client has taken locks of the fleet's classes. */
class FleetSqlTest {
    private static final int SELF = 100;
    private static final int ENEMY = 300;
    private static final int LEFT_BEHIND = 400;

    private final FleetKeys keys = FleetKeys.of("orders");
    private final List<List<String>> rows = new ArrayList<>();

    private void session(int pid, boolean server) {
        rows.add(List.of("session", "" + pid, "", server ? "t" : "f"));
    }

    private void lock(int pid, int kind, int object) {
        rows.add(List.of("lock", "" + pid, "" + kind, "" + object, "" + SELF));
    }

    private FleetView view() {
        return new FleetSql(keys, 1, 6).view(rows);
    }

    @Test
    void aMemberAnswersForAServerWithASlot() {
        session(SELF, false);
        session(200, true);
        lock(SELF, keys.members(), 1);
        lock(SELF, keys.slots(), 3);
        lock(SELF, keys.servers(), 200);

        assertThat(view().unregistered()).isEmpty();
        assertThat(view().slots()).containsExactly(3);
    }

    @Test
    void aClientCanNotAnswerForWhatADeadMemberHasLeft() {
        session(SELF, false);
        session(ENEMY, true);
        session(LEFT_BEHIND, true);
        lock(SELF, keys.members(), 1);
        lock(SELF, keys.slots(), 1);
        lock(SELF, keys.servers(), ENEMY);
        lock(ENEMY, keys.servers(), LEFT_BEHIND);

        assertThat(view().unregistered()).containsExactly(LEFT_BEHIND);
    }

    @Test
    void aSlotAnswersForOneSessionOnly() {
        session(SELF, false);
        session(ENEMY, true);
        session(LEFT_BEHIND, true);
        session(LEFT_BEHIND + 1, true);
        lock(SELF, keys.members(), 1);
        lock(ENEMY, keys.slots(), 2);
        lock(ENEMY, keys.servers(), LEFT_BEHIND);
        lock(ENEMY, keys.servers(), LEFT_BEHIND + 1);

        assertThat(view().slotsHeld() + view().unregistered().size()).isEqualTo(2);
    }

    @Test
    void whatIsGoneTakesNoPlaceOfWhatIsThere() {
        session(SELF, false);
        session(200, true);
        lock(SELF, keys.members(), 1);
        lock(SELF, keys.slots(), 1);
        lock(SELF, keys.servers(), 150);
        lock(SELF, keys.servers(), 200);

        assertThat(view().unregistered()).isEmpty();
    }
}
