package dev.pgpool.core.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pgpool.core.config.TlsMode;
import dev.pgpool.core.fixture.Frontend;
import dev.pgpool.core.fixture.Message;
import dev.pgpool.core.fixture.TestPki;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.TlsTunnel;
import dev.pgpool.core.fixture.Toxics;
import dev.pgpool.core.fixture.Wire;
import dev.pgpool.core.fixture.WireClient;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is relayed stays what it is when both sides are encrypted, and nobody's reading is anybody else's memory. */
@ParameterizedClass(name = "native={0}")
@ValueSource(booleans = {false, true})
class TlsRelayIT {

    private static final int MEGABYTE = 1 << 20;

    /** Several sockets on the way have buffers of up to 6 MB; a pooler that reads ahead would take all 256. */
    private static final int BUFFERS = 64 * MEGABYTE;

    @TempDir
    private static Path directory;

    private static TestPki pki;
    private static TestPki.Issued certificate;
    private static TestPostgres postgres;

    private final boolean nativeLibrary;
    private final List<AutoCloseable> opened = new ArrayList<>();

    TlsRelayIT(boolean nativeLibrary) {
        this.nativeLibrary = nativeLibrary;
    }

    @BeforeAll
    static void startServer() {
        pki = new TestPki(directory, "authority");
        certificate = pki.localhost();
        postgres = TestPostgres.fresh(18, TlsServersIT.encrypting(certificate, pki));
    }

    @AfterAll
    static void stopServer() {
        postgres.close();
    }

    @AfterEach
    void close() throws Exception {
        for (int i = opened.size() - 1; i >= 0; i--) {
            opened.get(i).close();
        }
    }

    private TestPooler pooler(InetSocketAddress server, int servers, int loops) {
        return opened(TestPooler.start(builder -> builder.eventLoops(loops)
                .tls(tls -> tls.mode(TlsMode.REQUIRE)
                        .certificate(certificate.certificate(), certificate.key())
                        .nativeLibrary(nativeLibrary))
                .database(
                        TestPostgres.DATABASE,
                        db -> db.host("127.0.0.1")
                                .port(server.getPort())
                                .maxConnections(servers)
                                .maxParallelConnects(servers)
                                .tls(tls -> tls.mode(TlsMode.VERIFY_FULL)
                                        .trust(pki.trust())
                                        .nativeLibrary(nativeLibrary)))));
    }

    private TlsTunnel tunnel(TestPooler pooler) {
        return opened(TlsTunnel.to(pooler.address(), pki.context(null)));
    }

    private WireClient login(TlsTunnel tunnel) {
        return opened(WireClient.login(tunnel.address(), TestPostgres.USER, TestPostgres.DATABASE));
    }

    private <T extends AutoCloseable> T opened(T resource) {
        opened.add(resource);
        return resource;
    }

    /** Breakage 19: results of one client given to the other, off by one. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void twoClientsAlternateAndEachGetsItsOwn(int servers) {
        TestPooler pooler = pooler(postgres.address(), servers, 2);
        TlsTunnel tunnel = tunnel(pooler);
        WireClient one = login(tunnel);
        WireClient two = login(tunnel);
        for (int i = 0; i < 10_000; i += 2) {
            one.query("SELECT " + i).send();
            two.query("SELECT " + (i + 1)).send();
            assertThat(value(one)).isEqualTo(String.valueOf(i));
            assertThat(value(two)).isEqualTo(String.valueOf(i + 1));
        }
    }

    /** Four event loops, two servers: channels of servers and clients wander between loops. */
    @Test
    void serversAreHandedFromLoopToLoop() throws InterruptedException {
        TestPooler pooler = pooler(postgres.address(), 2, 4);
        TlsTunnel tunnel = tunnel(pooler);
        List<Thread> threads = new ArrayList<>();
        List<Throwable> failures = java.util.Collections.synchronizedList(new ArrayList<>());
        for (int c = 0; c < 8; c++) {
            int number = c;
            WireClient client = login(tunnel);
            Thread thread = new Thread(() -> {
                try {
                    for (int i = 0; i < 300; i++) {
                        String sent = number + "-" + i;
                        assertThat(client.value("SELECT '" + sent + "'")).isEqualTo(sent);
                    }
                } catch (Throwable e) {
                    failures.add(e);
                }
            });
            threads.add(thread);
            thread.start();
        }
        for (Thread thread : threads) {
            thread.join(Wire.PATIENCE.multipliedBy(2).toMillis());
        }
        assertThat(failures).isEmpty();
        assertThat(threads).noneMatch(Thread::isAlive);
    }

    @Test
    void rowsForAClientThatDoesNotReadStayOnTheServer() {
        int rows = 256;
        Toxics network = opened(Toxics.before(postgres.address()));
        TestPooler pooler = pooler(network.address(), 2, 1);
        TlsTunnel tunnel = tunnel(pooler);
        WireClient bystander = login(tunnel);
        WireClient slow = opened(WireClient.connectWithReceiveBuffer(tunnel.address(), 64 * 1024)
                .startup(TestPostgres.USER, TestPostgres.DATABASE)
                .awaitLogin(""));
        slow.query("SELECT repeat('x', 1048576) FROM generate_series(1, " + rows + ")")
                .send();
        long taken = whenItStops(network::bytesFromTarget);
        assertThat(taken).isBetween(1L, (long) BUFFERS);
        assertThat(bystander.value("SELECT 'served meanwhile'")).isEqualTo("served meanwhile");
        assertThat(countRows(slow)).isEqualTo(rows);
        assertThat(slow.value("SELECT 'alive'")).isEqualTo("alive");
    }

    @Test
    void oneHugeRowIsStreamedNotGathered() {
        Toxics network = opened(Toxics.before(postgres.address()));
        TestPooler pooler = pooler(network.address(), 1, 1);
        WireClient slow =
                opened(WireClient.connectWithReceiveBuffer(tunnel(pooler).address(), 64 * 1024)
                        .startup(TestPostgres.USER, TestPostgres.DATABASE)
                        .awaitLogin(""));
        slow.query("SELECT repeat('x', " + 100 * MEGABYTE + ")").send();
        assertThat(whenItStops(network::bytesFromTarget)).isBetween(1L, (long) BUFFERS);
        assertThat(slow.read().toString()).startsWith("RowDescription");
        assertThat(slow.read().body()).hasSize(100 * MEGABYTE + 6);
        assertThat(slow.readUntilReady()).containsExactly("CommandComplete \"SELECT 1\"", "ReadyForQuery I");
    }

    @Test
    void copyToAServerThatDoesNotReadStaysAtTheClient() throws InterruptedException {
        String table = TestPostgres.uniqueName("flood");
        postgres.execute("CREATE UNLOGGED TABLE " + table + " (t text)", "GRANT ALL ON " + table + " TO PUBLIC");
        Toxics network = opened(Toxics.before(postgres.address()));
        WireClient client = login(tunnel(pooler(network.address(), 1, 1)));
        client.query("COPY " + table + " FROM STDIN").send();
        assertThat(client.read(1)).containsExactly("CopyInResponse");
        network.stall();
        byte[] piece = Frontend.copyData("x".repeat(MEGABYTE - 1).concat("\n").getBytes(StandardCharsets.US_ASCII));
        AtomicLong written = new AtomicLong();
        Thread writer = new Thread(() -> {
            for (int i = 0; i < 128; i++) {
                client.sendRaw(piece);
                written.addAndGet(piece.length);
            }
        });
        writer.start();
        assertThat(whenItStops(written::get)).isLessThan(BUFFERS);
        network.resume();
        writer.join(Wire.PATIENCE.toMillis());
        assertThat(client.copyDone().send().readUntilReady())
                .containsExactly("CommandComplete \"COPY 128\"", "ReadyForQuery I");
    }

    @Test
    void aClientThatVanishesInTheMiddleOfRowsLeavesACleanServer() {
        TestPooler pooler = pooler(postgres.address(), 1, 1);
        TlsTunnel tunnel = tunnel(pooler);
        WireClient next = login(tunnel);
        WireClient leaver = login(tunnel);
        leaver.query("SELECT repeat('x', 1000) FROM generate_series(1, 1000000)")
                .send();
        leaver.read(100);
        leaver.reset();
        assertThat(next.value("SELECT 'clean'")).isEqualTo("clean");
    }

    @Test
    void aClientThatVanishesInATransactionLeavesACleanServer() {
        TestPooler pooler = pooler(postgres.address(), 1, 1);
        TlsTunnel tunnel = tunnel(pooler);
        WireClient next = login(tunnel);
        WireClient leaver = login(tunnel);
        leaver.run("BEGIN").run("SELECT pg_advisory_xact_lock(7171)");
        leaver.reset();
        assertThat(next.value("SELECT pg_try_advisory_xact_lock(7171)")).isEqualTo("t");
    }

    @Test
    void aClientThatOnlyClosesItsHalfOfTheEncryptionIsGone() throws Exception {
        TestPooler pooler = pooler(postgres.address(), 1, 1);
        TlsTunnel tunnel = tunnel(pooler);
        WireClient client = login(tunnel);
        assertThat(client.value("SELECT 1")).isEqualTo("1");
        // close_notify, with the connection left open
        tunnel.encrypted().get(0).shutdownOutput();
        assertThat(client.isClosedByPeer()).isTrue();
        await().atMost(Wire.PATIENCE)
                .until(() -> pooler.pool().snapshot().pools().get(0).clients() == 0);
    }

    @Test
    void aServerThatDiesIsToldToItsClient() {
        TestPooler pooler = pooler(postgres.address(), 1, 1);
        WireClient client = login(tunnel(pooler));
        client.run("BEGIN");
        postgres.terminateBackend(client.serverPid());
        assertThat(client.readUntilClosed()).singleElement().asString().contains("57P01");
    }

    private static String value(WireClient client) {
        String value = "";
        for (Message message = client.read(); message.type() != 'Z'; message = client.read()) {
            if (message.type() == 'D') {
                value += message.values().get(0);
            }
        }
        return value;
    }

    private static int countRows(WireClient client) {
        int rows = 0;
        for (Message message = client.read(); message.type() != 'Z'; message = client.read()) {
            if (message.type() == 'D') {
                rows++;
            }
        }
        return rows;
    }

    /** The value once it has started and then not moved for half a second. */
    private static long whenItStops(LongSupplier value) {
        AtomicLong last = new AtomicLong(-1);
        await().atMost(Wire.PATIENCE.multipliedBy(2))
                .pollDelay(Duration.ofMillis(500))
                .pollInterval(Duration.ofMillis(500))
                .until(() -> {
                    long now = value.getAsLong();
                    return now > 0 && last.getAndSet(now) == now;
                });
        return last.get();
    }
}
