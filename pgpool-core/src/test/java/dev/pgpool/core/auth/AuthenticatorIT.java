package dev.pgpool.core.auth;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.auth.Authenticator.Verdict;
import dev.pgpool.core.fixture.LogCapture;
import dev.pgpool.core.fixture.OnEveryPostgres;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.WireClient;
import java.net.InetSocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The host's own judge of passwords and tokens. */
@OnEveryPostgres
class AuthenticatorIT {

    private static final String REFUSED = "C \"28P01\" M \"password authentication failed for user \"";

    private final TestPostgres postgres;

    AuthenticatorIT(TestPostgres postgres) {
        this.postgres = postgres;
    }

    @Test
    void itJudgesWhatTheClientSentAndKnowsWhoItWas() {
        Queue<Authenticator.Request> seen = new ConcurrentLinkedQueue<>();
        try (TestPooler pooler = pooler(request -> {
                    seen.add(request);
                    return answer(
                            request.password().equals("token ä") ? Verdict.accept() : Verdict.reject("a stale token"));
                });
                WireClient good = pooler.connect();
                WireClient bad = pooler.connect();
                LogCapture log = LogCapture.everything()) {
            good.startup(TestPostgres.USER, TestPostgres.DATABASE, "application_name", "shop")
                    .awaitLogin("token ä");
            assertThat(good.value("SELECT current_user")).isEqualTo(TestPostgres.USER);
            assertThat(bad.startup(TestPostgres.USER, TestPostgres.DATABASE)
                            .authenticate("stale")
                            .toString())
                    .contains(REFUSED + TestPostgres.USER)
                    .doesNotContain("a stale token");
            assertThat(log.text())
                    .contains("login refused", "reason=a stale token")
                    .doesNotContain("token ä");
            Authenticator.Request first = seen.element();
            assertThat(first.user()).isEqualTo(TestPostgres.USER);
            assertThat(first.database()).isEqualTo(TestPostgres.DATABASE);
            assertThat(first.applicationName()).isEqualTo("shop");
            assertThat(first.encrypted()).isFalse();
            assertThat(((InetSocketAddress) first.remote()).getPort()).isEqualTo(good.localPort());
            assertThat(first.toString()).doesNotContain("token ä").contains("password=<redacted>");
        }
    }

    @Test
    void itMaySayAsWhomServersAreLoggedInTo() {
        String role = postgres.createRole("scram-sha-256", "the role's");
        try (TestPooler pooler = TestPooler.start(builder -> builder.authenticator(
                                request -> answer(Verdict.acceptAs(role, new Credential.Plain("the role's"))))
                        .authenticatorWithoutTls(true)
                        // the verdict wins
                        .database(
                                TestPostgres.DATABASE,
                                db -> TestPooler.at(db, postgres)
                                        .user(TestPostgres.USER)
                                        .password("another")));
                WireClient client = pooler.connect()) {
            client.startup("whoever", TestPostgres.DATABASE).awaitLogin("token");
            assertThat(client.value("SELECT current_user")).isEqualTo(role);
        }
    }

    @Test
    void aCredentialThatWentStaleIsReplacedByTheNextOneAtOnce() {
        String role = postgres.createRole("scram-sha-256", "first");
        try (TestPooler pooler = TestPooler.start(builder -> builder.authenticator(
                        request -> answer(Verdict.acceptAs(role, new Credential.Plain(request.password()))))
                .authenticatorWithoutTls(true)
                .database(
                        TestPostgres.DATABASE,
                        db -> TestPooler.at(db, postgres)
                                .maxConnections(1)
                                .connectRetryDelay(Duration.ofMinutes(10))))) {
            try (WireClient client = pooler.connect()) {
                client.startup("ann", TestPostgres.DATABASE).awaitLogin("first");
                int pid = client.serverPid();
                postgres.execute("ALTER ROLE " + role + " PASSWORD 'second'");
                postgres.terminateBackend(pid);
                client.query("SELECT 1").send();
                assertThat(client.readUntilClosed()).last().asString().contains("C \"28P01\"");
            }
            try (WireClient client = pooler.connect()) {
                client.startup("ann", TestPostgres.DATABASE).awaitLogin("second");
                assertThat(client.value("SELECT current_user")).isEqualTo(role);
            }
        }
    }

    @Test
    void withoutASecretOfItsOwnTheStoreHasTheServers() {
        String role = postgres.createRole("scram-sha-256", "the role's");
        try (TestPooler pooler = TestPooler.start(
                        builder -> builder.authenticator(request -> answer(Verdict.acceptAs(role, null)))
                                .authenticatorWithoutTls(true)
                                .credentials(CredentialStore.of(Map.of(role, "the role's")))
                                .database(TestPostgres.DATABASE, db -> TestPooler.at(db, postgres)));
                WireClient client = pooler.connect()) {
            client.startup("ann", TestPostgres.DATABASE).awaitLogin("token");
            assertThat(client.value("SELECT current_user")).isEqualTo(role);
        }
    }

    static Stream<Arguments> failures() {
        return Stream.of(
                Arguments.of("throws", (Authenticator) request -> {
                    throw new IllegalStateException("the host's fault");
                }),
                Arguments.of("throws an error", (Authenticator) request -> {
                    throw new StackOverflowError("the host's fault");
                }),
                Arguments.of("fails", (Authenticator)
                        request -> CompletableFuture.failedFuture(new IllegalStateException("the host's fault"))),
                Arguments.of("answers null", (Authenticator) request -> null),
                Arguments.of("completes with null", (Authenticator) request -> CompletableFuture.completedFuture(null)),
                Arguments.of(
                        "is not asked about an empty password", (Authenticator) request -> answer(Verdict.accept())));
    }

    @ParameterizedTest(name = "that {0}")
    @MethodSource("failures")
    void anAuthenticatorThat(String what, Authenticator broken) {
        String password = what.contains("empty") ? "" : "token";
        try (TestPooler pooler = pooler(broken)) {
            for (int i = 0; i < 20; i++) {
                try (WireClient client = pooler.connect()) {
                    assertThat(client.startup(TestPostgres.USER, TestPostgres.DATABASE)
                                    .authenticate(password)
                                    .toString())
                            .contains(REFUSED)
                            .doesNotContain("the host's fault");
                }
            }
        }
    }

    @Test
    void itMayBlockForEverAndHoldsUpNobodyElse() {
        CountDownLatch never = new CountDownLatch(1);
        try (TestPooler pooler = TestPooler.start(builder -> builder.authenticator(request -> {
                            if (request.password().equals("hang")) {
                                await(never);
                            }
                            return answer(Verdict.accept());
                        })
                        .authenticatorWithoutTls(true)
                        .loginTimeout(Duration.ofMillis(500))
                        .database(TestPostgres.DATABASE, db -> TestPooler.at(db, postgres)));
                WireClient served = pooler.connect()) {
            served.startup(TestPostgres.USER, TestPostgres.DATABASE).awaitLogin("token");
            List<WireClient> hanging = new ArrayList<>();
            for (int i = 0; i < 40; i++) {
                // more than there are threads
                hanging.add(pooler.connect().startup(TestPostgres.USER, TestPostgres.DATABASE));
            }
            hanging.forEach(client ->
                    assertThat(client.authenticate("hang").toString()).contains("M \"client_login_timeout\""));
            assertThat(served.value("SELECT 'the event loop is free'")).isEqualTo("the event loop is free");
            hanging.forEach(WireClient::close);
        } finally {
            never.countDown();
        }
    }

    @Test
    void aVerdictThatComesTooLateIsIgnored() throws Exception {
        CompletableFuture<Verdict> late = new CompletableFuture<>();
        CountDownLatch asked = new CountDownLatch(1);
        try (TestPooler pooler = pooler(request -> {
            if (request.password().equals("late")) {
                asked.countDown();
                return late;
            }
            return answer(Verdict.accept());
        })) {
            try (WireClient client = pooler.connect()) {
                client.startup(TestPostgres.USER, TestPostgres.DATABASE);
                assertThat(client.read(1)).containsExactly("Authentication 3");
                client.queue(dev.pgpool.core.fixture.Frontend.password("late")).send();
                asked.await();
            }
            late.complete(Verdict.accept());
            try (WireClient client = pooler.connect()) {
                client.startup(TestPostgres.USER, TestPostgres.DATABASE).awaitLogin("token");
                assertThat(pooler.snapshot().pools())
                        .singleElement()
                        .satisfies(pool -> assertThat(pool.clients()).isEqualTo(1));
            }
        }
    }

    @Test
    void whatFollowsThePasswordWaitsForTheVerdict() {
        CompletableFuture<Verdict> verdict = new CompletableFuture<>();
        try (TestPooler pooler = pooler(request -> verdict);
                WireClient client = pooler.connect()) {
            client.startup(TestPostgres.USER, TestPostgres.DATABASE);
            assertThat(client.read(1)).containsExactly("Authentication 3");
            client.queue(dev.pgpool.core.fixture.Frontend.password("token"))
                    .query("SELECT 'impatient'")
                    .send();
            verdict.complete(Verdict.accept());
            assertThat(client.readUntilReady()).first().isEqualTo("Authentication 0");
            assertThat(client.readUntilReady()).contains("DataRow 1 9 'impatient'");
        }
    }

    @Test
    void overTcpWithoutTlsNothingIsAskedForUnlessAllowed(@TempDir Path directory) {
        try (TestPooler pooler = TestPooler.start(builder -> builder.authenticator(request -> answer(Verdict.accept()))
                        .unixSocketDirectory(directory)
                        .database(TestPostgres.DATABASE, db -> TestPooler.at(db, postgres)));
                WireClient tcp = pooler.connect()) {
            tcp.startup(TestPostgres.USER, TestPostgres.DATABASE);
            assertThat(tcp.readUntilClosed())
                    .containsExactly(
                            "ErrorResponse S \"FATAL\" C \"28000\" M \"this login needs an encrypted connection:"
                                    + " user \"app\", no encryption\" H \"Connect with TLS (sslmode=require) or by unix"
                                    + " socket.\"");
            var socket = UnixDomainSocketAddress.of(
                    directory.resolve(".s.PGSQL." + pooler.address().getPort()));
            try (WireClient local = WireClient.connect(socket)) {
                local.startup(TestPostgres.USER, TestPostgres.DATABASE).awaitLogin("token");
            }
        }
    }

    // ---- helpers

    private TestPooler pooler(Authenticator authenticator) {
        return TestPooler.start(builder -> builder.authenticator(authenticator)
                .authenticatorWithoutTls(true)
                .database(TestPostgres.DATABASE, db -> TestPooler.at(db, postgres)));
    }

    private static CompletableFuture<Verdict> answer(Verdict verdict) {
        return CompletableFuture.completedFuture(verdict);
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException closing) {
            Thread.currentThread().interrupt();
        }
    }
}
