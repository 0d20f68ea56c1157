package dev.pgpool.core.internal.params;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pgpool.core.internal.wire.PoolerError;
import dev.pgpool.core.internal.wire.StartupPacket.Setting;
import dev.pgpool.core.internal.wire.WireViolation;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StartupOptionsTest {

    @Test
    void allSpellingsOfASettingAreRead() {
        assertThat(StartupOptions.parse("  -c a=1 -cb=2 --statement-timeout=3\t--d=x=y -c e= "))
                .containsExactly(
                        new Setting("a", "1"),
                        new Setting("b", "2"),
                        new Setting("statement_timeout", "3"),
                        new Setting("d", "x=y"),
                        new Setting("e", ""));
    }

    @Test
    void backslashProtectsSpacesAndItself() {
        assertThat(StartupOptions.parse("-c application_name=my\\ app\\\\x"))
                .containsExactly(new Setting("application_name", "my app\\x"));
    }

    @Test
    void settingThatIsGivenTwiceIsReadTwice() {
        assertThat(StartupOptions.parse("-c a=1 -c a=2")).containsExactly(new Setting("a", "1"), new Setting("a", "2"));
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
