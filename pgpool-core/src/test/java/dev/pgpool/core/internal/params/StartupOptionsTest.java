package dev.pgpool.core.internal.params;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pgpool.core.internal.wire.PoolerError;
import dev.pgpool.core.internal.wire.WireViolation;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StartupOptionsTest {

    @Test
    void allSpellingsOfASettingAreRead() {
        assertThat(StartupOptions.parse("  -c a=1 -cb=2 --statement-timeout=3\t--d=x=y -c e= "))
                .containsExactlyInAnyOrderEntriesOf(
                        Map.of("a", "1", "b", "2", "statement_timeout", "3", "d", "x=y", "e", ""));
    }

    @Test
    void backslashProtectsSpacesAndItself() {
        assertThat(StartupOptions.parse("-c application_name=my\\ app\\\\x"))
                .containsEntry("application_name", "my app\\x");
    }

    @Test
    void laterSettingWins() {
        assertThat(StartupOptions.parse("-c a=1 -c a=2")).containsExactly(Map.entry("a", "2"));
    }

    @Test
    void nothingIsNoSetting() {
        assertThat(StartupOptions.parse(" ")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"-c", "-c a", "-c =1", "--a", "-B 100", "-d 5", "x", "-", "--"})
    void anythingElseIsRefusedWithWhatWasSeen(String options) {
        assertThatThrownBy(() -> StartupOptions.parse(options))
                .isInstanceOfSatisfying(
                        WireViolation.class, e -> assertThat(e.error()).isEqualTo(PoolerError.INVALID_OPTION));
    }
}
