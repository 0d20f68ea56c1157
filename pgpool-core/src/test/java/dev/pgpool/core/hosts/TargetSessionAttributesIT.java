package dev.pgpool.core.hosts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pgpool.core.config.TargetSessionAttributes;
import dev.pgpool.core.fixture.Backend;
import dev.pgpool.core.fixture.ScriptedServer;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.Wire;
import dev.pgpool.core.fixture.WireClient;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Which kind of server a database wants, with a real primary and its real standby. */
class TargetSessionAttributesIT {

    private static final String IN_RECOVERY = "SELECT pg_is_in_recovery()";

    private static TestPostgres primary;
    private static TestPostgres standby;

    @BeforeAll
    static void start() {
        primary = TestPostgres.fresh(18, Map.of());
        standby = primary.standby();
    }

    @AfterAll
    static void stop() {
        standby.close();
        primary.close();
    }

    @ParameterizedTest
    @CsvSource({
        "READ_WRITE, f",
        "READ_ONLY, t",
        "PRIMARY, f",
        "STANDBY, t",
        "PREFER_STANDBY, t",
    })
    void theServerOfTheWantedKindIsFoundWhereverItStands(TargetSessionAttributes wanted, String inRecovery) {
        for (boolean primaryFirst : new boolean[] {true, false}) {
            TestPostgres[] order =
                    primaryFirst ? new TestPostgres[] {primary, standby} : new TestPostgres[] {standby, primary};
            try (TestPooler pooler = pooler(3, wanted, hosts(order));
                    WireClient a = pooler.login();
                    WireClient b = pooler.login();
                    WireClient c = pooler.login()) {
                for (WireClient client : new WireClient[] {a, b, c}) {
                    assertThat(client.run("BEGIN").value(IN_RECOVERY)).isEqualTo(inRecovery);
                }
            }
        }
    }

    @Test
    void anyTakesBoth() {
        try (TestPooler pooler = pooler(2, TargetSessionAttributes.ANY, hosts(primary, standby));
                WireClient a = pooler.login();
                WireClient b = pooler.login()) {
            assertThat(new WireClient[] {a, b})
                    .extracting(client -> client.run("BEGIN").value(IN_RECOVERY))
                    .containsExactlyInAnyOrder("t", "f");
        }
    }

    @Test
    void preferStandbyTakesThePrimaryWhereThereIsNoStandby() {
        try (TestPooler pooler = pooler(1, TargetSessionAttributes.PREFER_STANDBY, hosts(primary));
                WireClient client = pooler.login()) {
            assertThat(client.value(IN_RECOVERY)).isEqualTo("f");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "READ_WRITE, session is read-only",
        "PRIMARY, server is in hot standby mode",
    })
    void standbyIsRefusedWithAClearError(TargetSessionAttributes wanted, String objection) {
        assertThat(refusal(wanted, hosts(standby)))
                .startsWith("ErrorResponse S \"FATAL\" C \"53300\" M \"query_wait_timeout: ")
                .contains(objection + " (targetSessionAttributes: " + wanted.label() + ")")
                .contains(String.valueOf(standby.port()));
    }

    @ParameterizedTest
    @CsvSource({
        "READ_ONLY, session is not read-only",
        "STANDBY, server is not in hot standby mode",
    })
    void primaryIsRefusedWithAClearError(TargetSessionAttributes wanted, String objection) {
        assertThat(refusal(wanted, hosts(primary)))
                .contains(objection + " (targetSessionAttributes: " + wanted.label() + ")");
    }

    @Test
    void errorSaysOfEachHostWhatItIs() {
        assertThat(refusal(TargetSessionAttributes.STANDBY, hosts(primary)[0], "/no/such/dir"))
                .contains("could not connect to any server: ")
                .contains("127.0.0.1:" + primary.port() + " (")
                // attempts begin with one host and the other in turn
                .contains("): server is not in hot standby mode (targetSessionAttributes: standby)")
                .contains("/no/such/dir:5432 (");
    }

    @Test
    void sessionsThatAreReadOnlyByDefaultAreNotForWriting() {
        String reader = primary.createRole("trust", "x");
        primary.execute("ALTER ROLE " + reader + " SET default_transaction_read_only = on");
        try (TestPooler pooler = pooler(1, TargetSessionAttributes.READ_ONLY, hosts(primary));
                WireClient client = pooler.loginAs(reader, TestPostgres.DATABASE)) {
            assertThat(client.value(IN_RECOVERY)).isEqualTo("f");
        }
        try (TestPooler pooler = pooler(1, TargetSessionAttributes.READ_WRITE, hosts(primary));
                WireClient client = pooler.connect()) {
            assertThat(client.startup(reader, TestPostgres.DATABASE).readUntilClosed())
                    .singleElement()
                    .asString()
                    .contains("session is read-only");
        }
    }

    @Test
    void promotedStandbyTakesOverAndIsNoStandbyAnyMore() {
        try (TestPostgres old = TestPostgres.fresh(18, Map.of());
                TestPostgres heir = old.standby();
                TestPooler writers = pooler(1, TargetSessionAttributes.PRIMARY, hosts(old, heir));
                TestPooler readers = pooler(1, TargetSessionAttributes.STANDBY, hosts(heir));
                WireClient writer = writers.login();
                WireClient reader = readers.login()) {
            assertThat(writer.value("SHOW port")).isEqualTo(String.valueOf(old.port()));
            assertThat(reader.value(IN_RECOVERY)).isEqualTo("t");
            old.stop();
            heir.promote();
            await().atMost(Wire.PATIENCE)
                    .until(() -> writers.snapshot().pools().get(0).servers() == 0);
            assertThat(writer.value("SHOW port")).isEqualTo(String.valueOf(heir.port()));
            assertThat(writer.run("CREATE TABLE written_after_failover ()").value(IN_RECOVERY))
                    .isEqualTo("f");
            // the server says with its next answer what it has become, and is not given out again
            reader.query(IN_RECOVERY).exchange();
            reader.query(IN_RECOVERY).send();
            assertThat(reader.readUntilClosed()).last().asString().contains("server is not in hot standby mode");
            old.start();
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = TargetSessionAttributes.class,
            names = {"READ_WRITE", "READ_ONLY", "PRIMARY", "STANDBY"})
    void serversBefore14AreAsked(TargetSessionAttributes wanted) {
        boolean aboutWriting =
                wanted == TargetSessionAttributes.READ_WRITE || wanted == TargetSessionAttributes.READ_ONLY;
        boolean wantsYes = wanted == TargetSessionAttributes.READ_ONLY || wanted == TargetSessionAttributes.STANDBY;
        String question = aboutWriting ? "SHOW transaction_read_only" : "SELECT pg_catalog.pg_is_in_recovery()";
        String yes = aboutWriting ? "on" : "t";
        String no = aboutWriting ? "off" : "f";
        try (ScriptedServer wrong = old(question, wantsYes ? no : yes);
                ScriptedServer right = old(question, wantsYes ? yes : no);
                TestPooler pooler = pooler(1, wanted, "127.0.0.1:" + wrong.port(), "127.0.0.1:" + right.port());
                WireClient client = pooler.login()) {
            assertThat(client.value("SELECT 'hello'")).isEqualTo("SELECT 'hello'");
            assertThat(right.connections()).isEqualTo(1);
            assertThat(wrong.connections()).isEqualTo(1);
        }
    }

    private static ScriptedServer old(String question, String answer) {
        return ScriptedServer.start(session -> {
            session.loginWith("in_hot_standby", "default_transaction_read_only", "server_version=13.23");
            session.answerQuery(question, answer);
            session.serve();
        });
    }

    @Test
    void serverWhoseRoleChangesWhileItIsIdleIsClosed() throws InterruptedException {
        CountDownLatch promoted = new CountDownLatch(1);
        try (ScriptedServer server = ScriptedServer.start(session -> {
                    session.loginWith("in_hot_standby=on");
                    session.answerQuery("SELECT 'on a standby'", "yes");
                    session.stallUntil(promoted);
                    session.send(Backend.parameterStatus("in_hot_standby", "off"));
                    session.awaitClose();
                });
                TestPooler pooler = pooler(1, TargetSessionAttributes.STANDBY, "127.0.0.1:" + server.port());
                WireClient client = pooler.login()) {
            assertThat(client.value("SELECT 'on a standby'")).isEqualTo("yes");
            assertThat(pooler.snapshot().pools().get(0).servers()).isEqualTo(1);
            promoted.countDown();
            await().atMost(Wire.PATIENCE)
                    .until(() -> pooler.snapshot().pools().get(0).servers() == 0);
        }
    }

    private static TestPooler pooler(int servers, TargetSessionAttributes wanted, String... hosts) {
        return TestPooler.start(builder -> builder.database(
                TestPostgres.DATABASE,
                db -> db.hosts(hosts)
                        .targetSessionAttributes(wanted)
                        .maxConnections(servers)
                        .waitTimeout(Duration.ofSeconds(1))
                        .connectRetryDelay(Duration.ofMillis(50))));
    }

    private static String[] hosts(TestPostgres... servers) {
        return Arrays.stream(servers)
                .map(server -> server.host() + ":" + server.port())
                .toArray(String[]::new);
    }

    /** The error that ends a login. */
    private static String refusal(TargetSessionAttributes wanted, String... hosts) {
        try (TestPooler pooler = pooler(1, wanted, hosts);
                WireClient client = pooler.connect()) {
            return client.startup(TestPostgres.USER, TestPostgres.DATABASE)
                    .readUntilClosed()
                    .get(0);
        }
    }
}
