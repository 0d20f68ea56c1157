package dev.pgpool.examples.bank;

import static org.assertj.core.api.Assertions.assertThat;

import com.jayway.jsonpath.JsonPath;
import dev.pgpool.backup.BackupEngine;
import dev.pgpool.examples.fixture.Eventually;
import dev.pgpool.examples.fixture.RunningBank;
import dev.pgpool.examples.fixture.TestDatabase;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The health of all three libraries, without code. */
class HealthIT {

    @Test
    void tellsOfAllThree() throws Exception {
        TestDatabase database = TestDatabase.create();
        try (RunningBank bank = RunningBank.on(database, List.of())) {
            assertThat(bank.context().getBean(BackupEngine.class).run().succeeded())
                    .isTrue();
            bank.open("ann", 1);

            Eventually.equal("UP", () -> read(bank, "pgpool.status"));
            Eventually.equal("UP", () -> read(bank, "pgpool.details.databases.bank.status"));
            Eventually.equal("UP", () -> read(bank, "pgpoolBackup.status"));
            Eventually.equal("UP", () -> read(bank, "pgpoolCertwatch.status"));
        }
    }

    private static String read(RunningBank bank, String path) throws Exception {
        return JsonPath.read(bank.get("actuator/health").body(), "$.components." + path);
    }
}
