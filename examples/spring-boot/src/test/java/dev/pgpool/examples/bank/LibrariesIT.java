package dev.pgpool.examples.bank;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.examples.fixture.Eventually;
import dev.pgpool.examples.fixture.RunningBank;
import dev.pgpool.examples.fixture.TestDatabase;
import dev.pgpool.examples.probe.JooqProbes;
import dev.pgpool.examples.probe.QuartzProbes;
import dev.pgpool.examples.probe.ShedLockProbes;
import dev.pgpool.examples.probe.SqlStatesAdvice;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Other libraries of an application that use its data source: Liquibase, jOOQ, ShedLock, Quartz. */
class LibrariesIT {
    private static final TestDatabase DATABASE = TestDatabase.create();
    private static RunningBank bank;

    @BeforeAll
    static void start() throws Exception {
        bank = RunningBank.on(
                DATABASE,
                List.of(
                        JooqProbes.class,
                        ShedLockProbes.class,
                        ShedLockProbes.Setup.class,
                        QuartzProbes.class,
                        SqlStatesAdvice.class),
                "--spring.liquibase.enabled=true",
                // Whichever of the two comes second finds tables
                "--spring.flyway.baseline-on-migrate=true",
                "--spring.flyway.baseline-version=0",
                "--spring.quartz.job-store-type=jdbc",
                "--spring.quartz.jdbc.initialize-schema=always",
                "--spring.quartz.properties.org.quartz.jobStore.driverDelegateClass="
                        + "org.quartz.impl.jdbcjobstore.PostgreSQLDelegate",
                "--spring.quartz.properties.org.quartz.jobStore.isClustered=true",
                "--spring.quartz.properties.org.quartz.scheduler.instanceId=AUTO");
    }

    @AfterAll
    static void stop() {
        bank.close();
    }

    @Test
    void liquibaseMigrates() {
        assertThat(DATABASE.query("SELECT string_agg(id, ' ' ORDER BY orderexecuted) FROM databasechangelog"))
                .isEqualTo("word shedlock");
        assertThat(DATABASE.query("SELECT locked FROM databasechangeloglock")).isEqualTo("f");
    }

    @Test
    void jooqCommitsAndRollsBack() throws Exception {
        assertThat(answer(bank.post("jooq?words=a,b&fail=false", ""))).isEqualTo("200 [\"b\",\"a\"]");
        assertThat(answer(bank.post("jooq?words=c&fail=true", ""))).isEqualTo("409 22012");
        assertThat(answer(bank.post("jooq?words=d&fail=false", ""))).isEqualTo("200 [\"d\",\"b\",\"a\"]");
    }

    @Test
    void shedLockLetsOneRun() throws Exception {
        CompletableFuture<HttpResponse<String>> holder = bank.postLater("shedlock/run", "");
        Eventually.equal("1", () -> bank.read("shedlock/runs"));

        assertThat(answer(bank.post("shedlock/run", ""))).isEqualTo("200 1");
        bank.post("shedlock/release", "");

        assertThat(answer(holder.get(30, TimeUnit.SECONDS))).isEqualTo("200 1");
        assertThat(answer(bank.post("shedlock/run", ""))).isEqualTo("200 2");
    }

    @Test
    void quartzRunsJobsOfTheDatabase() throws Exception {
        for (int i = 0; i < 5; i++) {
            assertThat(bank.post("quartz/job" + i, "").statusCode()).isEqualTo(200);
        }

        Eventually.equal("5", () -> bank.read("quartz/runs"));
        Eventually.equal("0", () -> DATABASE.query("SELECT count(*) FROM qrtz_triggers"));
        assertThat(DATABASE.query("SELECT string_agg(lock_name, ' ' ORDER BY lock_name) FROM qrtz_locks"))
                .isEqualTo("STATE_ACCESS TRIGGER_ACCESS");
    }

    private static String answer(HttpResponse<String> response) {
        return response.statusCode() + " " + response.body();
    }
}
