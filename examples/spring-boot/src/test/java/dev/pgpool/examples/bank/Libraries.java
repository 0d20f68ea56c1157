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
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/** What {@link LibrariesIT} asks of an application, however its data source reaches the pooler. */
@TestInstance(Lifecycle.PER_CLASS)
abstract class Libraries {
    private final TestDatabase database = TestDatabase.create();
    private final Class<? extends DataSource> kind;
    private final String way;
    private RunningBank bank;

    /** @param way the property that chooses a data source of that kind */
    Libraries(Class<? extends DataSource> kind, String way) {
        this.kind = kind;
        this.way = way;
    }

    @BeforeAll
    void start() throws Exception {
        bank = RunningBank.on(
                database,
                List.of(
                        JooqProbes.class,
                        ShedLockProbes.class,
                        ShedLockProbes.Setup.class,
                        QuartzProbes.class,
                        SqlStatesAdvice.class),
                way,
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
    void stop() {
        bank.close();
    }

    @Test
    void theDataSourceIsOfItsKind() {
        assertThat(bank.context().getBean(DataSource.class)).isInstanceOf(kind);
    }

    @Test
    void flywayMigrates() {
        assertThat(database.query("SELECT string_agg(version, ' ' ORDER BY installed_rank) FROM flyway_schema_history"
                        + " WHERE success AND type = 'SQL'"))
                .isEqualTo("1 2");
    }

    @Test
    void liquibaseMigrates() {
        assertThat(database.query("SELECT string_agg(id, ' ' ORDER BY orderexecuted) FROM databasechangelog"))
                .isEqualTo("word shedlock");
        assertThat(database.query("SELECT locked FROM databasechangeloglock")).isEqualTo("f");
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
        Eventually.equal("0", () -> database.query("SELECT count(*) FROM qrtz_triggers"));
        assertThat(database.query("SELECT string_agg(lock_name, ' ' ORDER BY lock_name) FROM qrtz_locks"))
                .isEqualTo("STATE_ACCESS TRIGGER_ACCESS");
    }

    private static String answer(HttpResponse<String> response) {
        return response.statusCode() + " " + response.body();
    }
}
