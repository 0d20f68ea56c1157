package dev.pgpool.examples.bank;

import static dev.pgpool.examples.fixture.RunningBank.transfer;
import static org.assertj.core.api.Assertions.assertThat;

import com.jayway.jsonpath.JsonPath;
import dev.pgpool.backup.BackupEngine;
import dev.pgpool.backup.report.RunReport;
import dev.pgpool.certwatch.CertWatch;
import dev.pgpool.examples.fixture.Eventually;
import dev.pgpool.examples.fixture.RunningBank;
import dev.pgpool.examples.fixture.TestCertificate;
import dev.pgpool.examples.fixture.TestDatabase;
import dev.pgpool.examples.probe.LockProbes;
import dev.pgpool.examples.probe.ReportsDataSource;
import dev.pgpool.examples.probe.SqlStatesAdvice;
import dev.pgpool.examples.probe.StatementProbes;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the application does with its database, seen through its HTTP interface. */
class BankIT {
    private static final TestDatabase DATABASE = TestDatabase.create();
    private static final TestDatabase REPORTS = TestDatabase.create();
    private static RunningBank bank;

    @BeforeAll
    static void start() throws Exception {
        bank = RunningBank.on(
                DATABASE,
                List.of(LockProbes.class, StatementProbes.class, SqlStatesAdvice.class, ReportsDataSource.class),
                "--pgpool.databases.bank.max-connections=6",
                "--pgpool.databases.reports.host=127.0.0.1",
                "--pgpool.databases.reports.port=" + TestDatabase.port(),
                "--pgpool.databases.reports.database-name=" + REPORTS.name(),
                "--pgpool.datasource.database=bank");
    }

    @AfterAll
    static void stop() {
        bank.close();
    }

    @Test
    void aTransferIsCommitted() throws Exception {
        long from = bank.open("ann", 100);
        long to = bank.open("bob", 0);

        assertThat(bank.post("transfers", transfer(from, to, 60)).statusCode()).isEqualTo(200);

        assertThat(bank.read("accounts/" + from)).contains("\"balance\":40");
        assertThat(bank.read("accounts/" + to)).contains("\"balance\":60");
    }

    @Test
    void aTransferThatIsNotCoveredIsRolledBack() throws Exception {
        long from = bank.open("ann", 50);
        long to = bank.open("bob", 0);

        assertThat(bank.post("transfers", transfer(from, to, 60)).statusCode()).isEqualTo(409);

        assertThat(bank.read("accounts/" + from)).contains("\"balance\":50");
        assertThat(bank.read("accounts/" + to)).contains("\"balance\":0");
    }

    @Test
    void aReadOnlyTransactionRefusesToWrite() throws Exception {
        long account = bank.open("ann", 7);

        HttpResponse<String> refused = bank.post("statements/write-in-read-only", "{}");

        assertThat(refused.statusCode() + " " + refused.body()).isEqualTo("409 25006");
        assertThat(bank.read("accounts/" + account)).contains("\"balance\":7");
        assertThat(Long.parseLong(bank.read("total"))).isGreaterThanOrEqualTo(7);
        assertThat(bank.post("transfers", transfer(account, bank.open("bob", 0), 1))
                        .statusCode())
                .isEqualTo(200);
    }

    @Test
    void aRowIsLockedBetweenRequests() throws Exception {
        long account = bank.open("ann", 10);
        long other = bank.open("bob", 0);
        CompletableFuture<HttpResponse<String>> holder = bank.postLater("locks/row/" + account + "/hold", "{}");
        Eventually.equal("409 55P03", () -> answer(bank.get("locks/row/" + account + "/try")));

        CompletableFuture<HttpResponse<String>> waiting = bank.postLater("transfers", transfer(account, other, 10));
        Eventually.equal(
                "1",
                () -> DATABASE.query("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                        + " AND wait_event_type = 'Lock'"));
        assertThat(waiting).isNotDone();
        bank.post("locks/release", "{}");

        assertThat(holder.get(30, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
        assertThat(waiting.get(30, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
        assertThat(answer(bank.get("locks/row/" + account + "/try"))).isEqualTo("200 1");
        assertThat(bank.read("accounts/" + other)).contains("\"balance\":10");
    }

    @ParameterizedTest
    @CsvSource({"advisory, 11, 200", "session, 12, 200 true"})
    void anAdvisoryLockIsHeldBetweenRequests(String kind, long key, String done) throws Exception {
        CompletableFuture<HttpResponse<String>> holder = bank.postLater("locks/" + kind + "/" + key + "/hold", "{}");
        Eventually.equal("200 false", () -> answer(bank.get("locks/advisory/" + key + "/try")));

        // Other requests in between, on the same server connections
        bank.open("ann", 0);
        assertThat(answer(bank.get("locks/advisory/" + key + "/try"))).isEqualTo("200 false");
        bank.post("locks/release", "{}");

        assertThat(answer(holder.get(30, TimeUnit.SECONDS))).isEqualTo(done);
        assertThat(answer(bank.get("locks/advisory/" + key + "/try"))).isEqualTo("200 true");
    }

    @Test
    void manyAreInsertedInBatches() throws Exception {
        String thousand = IntStream.range(0, 1000)
                .mapToObj(i -> "{\"owner\":\"batch\",\"balance\":" + i + "}")
                .collect(Collectors.joining(",", "[", "]"));

        String ids = bank.post("accounts", thousand).body();

        assertThat(Arrays.stream(ids.split(",")).distinct()).hasSize(1000);
        assertThat(DATABASE.query("SELECT count(*) || ' ' || sum(balance) FROM account WHERE owner = 'batch'"))
                .isEqualTo("1000 499500");
    }

    @Test
    void aSecondDataSourceIsAnotherDatabase() throws Exception {
        assertThat(bank.read("statements/databases"))
                .contains("\"bank\":\"" + DATABASE.name() + "\"", "\"reports\":\"" + REPORTS.name() + "\"");
    }

    @Test
    void requestsShareFewServers() throws Exception {
        List<CompletableFuture<HttpResponse<String>>> all = IntStream.range(0, 40)
                .mapToObj(i -> bank.postLater("accounts", "[{\"owner\":\"many\",\"balance\":1}]"))
                .toList();

        for (CompletableFuture<HttpResponse<String>> each : all) {
            assertThat(each.get(30, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
        }
        assertThat(DATABASE.serverConnections()).isBetween(1, 6);
    }

    @ParameterizedTest
    @CsvSource({
        "pgpool_clients_pinned",
        "pgpool_transaction_seconds_count",
        "pgbouncer_pools_server_active_connections",
        "pgbackup_",
        "certwatch_level",
        "hikaricp_connections",
    })
    void thePageForPrometheusHas(String meters) throws Exception {
        assertThat(bank.read("actuator/prometheus")).contains("\n" + meters);
    }

    @Test
    void healthTellsOfThePooler() throws Exception {
        String health = bank.read("actuator/health");

        assertThat(JsonPath.<String>read(health, "$.components.pgpool.status")).isEqualTo("UP");
        assertThat(JsonPath.<Integer>read(health, "$.components.pgpool.details.clients"))
                .isPositive();
        assertThat(JsonPath.<String>read(health, "$.components.db.status")).isEqualTo("UP");
    }

    @Test
    void theNightlyBackupCanBeTakenByDayToo() throws Exception {
        BackupEngine engine = bank.context().getBean(BackupEngine.class);

        RunReport report = engine.run();

        assertThat(report.succeeded()).as(report.message()).isTrue();
        assertThat(engine.catalog().table()).contains(DATABASE.name());
        assertThat(bank.read("actuator/prometheus"))
                .contains("\npgbackup_last_success_timestamp{database=\"" + DATABASE.name() + "\"} 1.");
    }

    @Test
    void theOwnCertificateIsWatched() throws Exception {
        CertWatch watch = bank.context().getBean(CertWatch.class);
        assertThat(watch.awaitFirstSweep(Duration.ofSeconds(30))).isTrue();

        assertThat(watch.snapshot().table())
                .contains(TestCertificate.LOCALHOST.certificate().toString());
        assertThat(bank.read("actuator/prometheus")).contains("\ncertwatch_certificate_expiry_timestamp_seconds{");
    }

    private static String answer(HttpResponse<String> response) {
        return (response.statusCode() + " " + response.body()).trim();
    }
}
