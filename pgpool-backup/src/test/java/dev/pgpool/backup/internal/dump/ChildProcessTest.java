package dev.pgpool.backup.internal.dump;

import static org.assertj.core.api.Assertions.assertThatNoException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pgpool.backup.report.BackupException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ChildProcessTest {

    @Test
    void whatTheJvmCannotPassOnIsRefusedAndNoSecretIsShown() {
        List<String> command = List.of("pg_dump", "--dbname=dbname='gr\u00fcn'");
        Map<String, String> environment = Map.of("PGPASSWORD", "geh\u00ebim", "PGUSER", "a");

        assertThatThrownBy(() -> ChildProcess.requirePassable(command, Map.of(), StandardCharsets.US_ASCII))
                .isInstanceOf(BackupException.class)
                .hasMessageContainingAll("gr\u00fcn", "US-ASCII", "expected: UTF-8");
        assertThatThrownBy(
                        () -> ChildProcess.requirePassable(List.of("pg_dump"), environment, StandardCharsets.US_ASCII))
                .hasMessageContainingAll("the value of PGPASSWORD", "pg_dump")
                .hasMessageNotContaining("geh");
        assertThatNoException()
                .isThrownBy(() -> ChildProcess.requirePassable(command, environment, StandardCharsets.UTF_8));
    }
}
