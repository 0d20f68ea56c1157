package dev.pgpool.core.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.params.provider.Arguments.argumentSet;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import dev.pgpool.core.PgPool;
import dev.pgpool.core.config.DatabaseBuilder;
import dev.pgpool.core.config.PoolMode;
import dev.pgpool.core.config.TlsMode;
import dev.pgpool.core.event.PgPoolListener;
import dev.pgpool.core.fixture.Frontend;
import dev.pgpool.core.fixture.TestPki;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.TlsTunnel;
import dev.pgpool.core.fixture.Wire;
import dev.pgpool.core.fixture.WireClient;
import dev.pgpool.core.stats.CloseReason;
import dev.pgpool.core.stats.PoolKey;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.slf4j.LoggerFactory;

/**
 * Clients vanish with a reset or an end of the stream, or say goodbye, at every moment: in each step of the login, in the middle of
 * a message, while they wait, while they are answered. Others are killed, servers end, the pool is paused, replaced and
 * reloaded, and event loops are held up, so that events come together. No answer is another client's, no client waits for
 * ever, no server has two clients, none is lost, and the log has no error. {@code -Dpgpool.relay.chaos.seconds=300} does it for longer,
 * {@code -Dpgpool.relay.chaos.seed} does the same again as far as threads allow.
 */
class ClientChaosIT {
    private static final int SECONDS = Integer.getInteger("pgpool.relay.chaos.seconds", 5);
    private static final long SEED = Long.getLong("pgpool.relay.chaos.seed", System.nanoTime() % 1_000_000);
    private static final int WORKERS = 16;
    private static final int SERVERS = 3;

    @TempDir
    private static Path directory;

    private final AtomicInteger right = new AtomicInteger();
    private final AtomicInteger broken = new AtomicInteger();
    private final Queue<String> wrong = new ConcurrentLinkedQueue<>();
    private volatile boolean over;

    static Stream<Arguments> kinds() {
        return Stream.of(
                kind("plain", false, db -> {}),
                kind("TLS", true, db -> {}),
                kind(
                        "a reset query",
                        false,
                        db -> db.serverResetQuery("DISCARD ALL").serverResetQueryAlways(true)),
                kind("session pooling", false, db -> db.mode(PoolMode.SESSION)),
                kind(
                        "short lives",
                        false,
                        db -> db.serverLifetime(Duration.ofMillis(300)).serverIdleTimeout(Duration.ofMillis(200))));
    }

    private static Arguments kind(String what, boolean encrypted, Consumer<DatabaseBuilder> settings) {
        return argumentSet(what, encrypted, settings);
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void nothingHangsAndNothingIsLost(boolean encrypted, Consumer<DatabaseBuilder> settings) throws Exception {
        TestPostgres postgres = TestPostgres.shared(18);
        TestPki pki = new TestPki(directory, "authority" + System.nanoTime());
        TestPki.Issued certificate = pki.localhost();
        try (Errors errors = new Errors();
                TestPooler pooler = TestPooler.start(builder -> builder.eventLoops(2)
                        .listener(new Holdup())
                        .tls(tls -> tls.mode(TlsMode.PREFER).certificate(certificate.certificate(), certificate.key()))
                        .database(
                                TestPostgres.DATABASE,
                                db -> settings.accept(TestPooler.at(db, postgres)
                                        .maxConnections(SERVERS)
                                        .maxParallelConnects(SERVERS))));
                TlsTunnel tunnel = TlsTunnel.to(pooler.address(), pki.context(null))) {
            InetSocketAddress address = encrypted ? tunnel.address() : pooler.address();
            List<Worker> workers = new ArrayList<>();
            for (int i = 0; i < WORKERS; i++) {
                workers.add(new Worker(pooler, address, i, new Random(SEED * 1_000 + i)));
            }
            workers.forEach(Thread::start);
            Random random = new Random(SEED);
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
            try {
                while (System.nanoTime() - end < 0) {
                    Thread.sleep(random.nextInt(20));
                    disturb(random, pooler.pool(), postgres);
                }
            } finally {
                over = true;
            }
            for (Worker worker : workers) {
                worker.join(2 * Wire.PATIENCE.toMillis());
                assertThat(worker.isAlive())
                        .as("seed %d: %s hangs", SEED, worker)
                        .isFalse();
            }
            assertThat(wrong).as("seed %d", SEED).isEmpty();
            assertThat(right.get()).as("seed %d: right answers", SEED).isPositive();
            assertThat(broken.get()).as("seed %d: disturbed", SEED).isPositive();
            await().atMost(Wire.PATIENCE).untilAsserted(() -> {
                assertThat(pooler.pool().clients()).as("seed %d", SEED).isEmpty();
                assertThat(pooler.pool().servers())
                        .hasSizeLessThanOrEqualTo(SERVERS)
                        .allMatch(server -> server.client().isEmpty());
            });
            allCanBeHad(pooler);
            assertThat(errors.seen).as("seed %d", SEED).isEmpty();
            if (SECONDS > 60) {
                System.out.printf(
                        "chaos, seed %d: %d s, %,d answers, %,d disturbed%n", SEED, SECONDS, right.get(), broken.get());
            }
        }
    }

    private static void allCanBeHad(TestPooler pooler) {
        List<WireClient> held = new ArrayList<>();
        try {
            for (int i = 0; i < SERVERS; i++) {
                held.add(pooler.login().run("BEGIN"));
            }
            assertThat(held.stream().map(WireClient::serverPid).distinct()).hasSize(SERVERS);
        } finally {
            held.forEach(WireClient::close);
        }
    }

    private void disturb(Random random, PgPool pool, TestPostgres postgres) throws InterruptedException {
        switch (random.nextInt(14)) {
            case 0, 1 ->
                pool.clients().stream()
                        .skip(random.nextInt(WORKERS))
                        .findFirst()
                        .ifPresent(client -> quietly(() -> pool.killClient(client.id())));
            case 2, 3 ->
                pool.servers().stream()
                        .skip(random.nextInt(SERVERS))
                        .findFirst()
                        .ifPresent(server -> postgres.query("SELECT pg_terminate_backend(" + server.processId() + ")"));
            case 4 -> pool.reconnect();
            case 5 -> {
                quietly(() -> pool.pause(TestPostgres.DATABASE));
                Thread.sleep(random.nextInt(30));
                quietly(() -> pool.resume(TestPostgres.DATABASE));
            }
            case 6 -> pool.reload();
            case 7 -> {
                if (random.nextInt(5) == 0) {
                    pool.kill(TestPostgres.DATABASE);
                    pool.resume(TestPostgres.DATABASE);
                }
            }
            default -> look(pool);
        }
    }

    private void look(PgPool pool) {
        List<Integer> used = pool.servers().stream()
                .flatMap(server -> server.client().stream().boxed())
                .toList();
        if (used.size() > SERVERS || used.stream().distinct().count() < used.size()) {
            wrong.add("clients with servers: " + used);
        }
    }

    private void quietly(Runnable task) {
        try {
            task.run();
        } catch (IllegalStateException e) {
            broken.incrementAndGet();
        }
    }

    /** Holds event loops up for a moment, now and then. */
    private static final class Holdup implements PgPoolListener {
        private final Random random = new Random(SEED);

        @Override
        public void onClientConnected(PoolKey pool, Duration took) {
            hold();
        }

        @Override
        public void onServerClosed(PoolKey pool, CloseReason reason) {
            hold();
        }

        private void hold() {
            int millis = random.nextInt(20);
            if (millis < 6) {
                try {
                    Thread.sleep(millis);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
        }
    }

    /** Errors of the pooler, and what Netty warns of. */
    private static final class Errors extends AppenderBase<ILoggingEvent> implements AutoCloseable {
        private final Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        private final Queue<String> seen = new ConcurrentLinkedQueue<>();

        Errors() {
            start();
            root.addAppender(this);
        }

        @Override
        protected void append(ILoggingEvent event) {
            boolean ofNetty = event.getLoggerName().startsWith("io.netty");
            if (event.getLevel().isGreaterOrEqual(ofNetty ? Level.WARN : Level.ERROR)) {
                String cause = event.getThrowableProxy() == null
                        ? ""
                        : " " + event.getThrowableProxy().getClassName() + " "
                                + event.getThrowableProxy().getMessage();
                seen.add(event.getFormattedMessage() + cause);
            }
        }

        @Override
        public void close() {
            root.detachAppender(this);
        }
    }

    /** The connection is over, for whatever reason. */
    private static final class Over extends Exception {
        private static final long serialVersionUID = 1L;
    }

    /** Uses connections for as long as it can, then another. */
    private final class Worker extends Thread {
        private final TestPooler pooler;
        private final InetSocketAddress address;
        private final Random random;
        private String application = "";
        private boolean cancelled;

        Worker(TestPooler pooler, InetSocketAddress address, int number, Random random) {
            super("worker " + number);
            this.pooler = pooler;
            this.address = address;
            this.random = random;
        }

        @Override
        public void run() {
            while (!over) {
                WireClient client = null;
                try {
                    client = WireClient.connect(address);
                    use(client);
                } catch (Over | UncheckedIOException e) {
                    broken.incrementAndGet();
                } catch (AssertionError e) {
                    note(String.valueOf(e.getMessage()));
                } finally {
                    if (client != null) {
                        vanish(client);
                    }
                }
            }
        }

        private void note(String what) {
            wrong.add(getName() + ": " + (what.length() > 2_000 ? what.substring(what.length() - 2_000) : what));
        }

        private void use(WireClient client) throws Over {
            cancelled = false;
            if (random.nextInt(6) == 0) {
                comeAndGo(client);
                return;
            }
            application = getName();
            client.startup(TestPostgres.USER, TestPostgres.DATABASE, "application_name", application);
            List<String> welcome = client.readUntilReadyOrClosed();
            if (!isReady(welcome)) {
                throw new Over();
            }
            int steps = random.nextInt(12);
            for (int i = 0; i < steps && !over; i++) {
                step(client);
            }
        }

        /** It does not get as far as its first query. */
        private void comeAndGo(WireClient client) {
            byte[] startup = Frontend.startup(
                    Frontend.PROTOCOL_3_0, "user", TestPostgres.USER, "database", TestPostgres.DATABASE);
            switch (random.nextInt(4)) {
                case 0 -> client.sendRaw(Frontend.sslRequest());
                case 1 -> client.sendRaw(Frontend.gssEncRequest());
                case 2 -> client.sendRaw(startup, 0, 1 + random.nextInt(startup.length - 1));
                default -> {
                    client.sendRaw(startup);
                    client.query("SELECT 1").send();
                }
            }
            pause();
        }

        private void pause() {
            try {
                Thread.sleep(random.nextInt(4));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        private void step(WireClient client) throws Over {
            int expected = random.nextInt(1_000_000);
            switch (random.nextInt(14)) {
                case 0, 1 -> {
                    client.query("SELECT " + expected + " FROM pg_sleep(" + sleep() + ")")
                            .send();
                    judge(client, List.of(row(expected)));
                }
                case 2, 3, 4 -> {
                    client.parse("s", "SELECT $1::text || $2::text")
                            .bind("s", "", Integer.toString(expected))
                            .execute()
                            .closeStatement("s")
                            .sync()
                            .send();
                    judge(client, List.of(row(expected)));
                }
                case 5 -> {
                    client.query("BEGIN; SELECT " + expected + " FROM pg_sleep(" + sleep() + ")")
                            .send();
                    judge(client, List.of(row(expected)));
                    client.query("COMMIT").send();
                    judge(client, List.of());
                }
                case 6 -> {
                    client.query("SELECT " + expected + " || repeat('x', 200000)")
                            .send();
                    int length = 200_000 + Integer.toString(expected).length();
                    judge(client, List.of("DataRow 1 " + length + " '" + expected + "xxx"));
                }
                case 7 -> {
                    String next = getName() + " " + expected;
                    client.query("SET application_name = '" + next + "'").send();
                    judge(client, List.of());
                    application = next;
                }
                case 8 -> {
                    client.query("SHOW application_name").send();
                    judge(client, List.of("DataRow 1 " + application.length() + " '" + application + "'"));
                }
                case 9 -> {
                    client.query("CREATE TEMPORARY TABLE t (n int); COPY t FROM STDIN")
                            .send();
                    List<String> answers = List.of();
                    client.copyData(expected + "\n").copyDone().send();
                    judge(client, answers);
                    client.query("SELECT n FROM t; DROP TABLE t").send();
                    judge(client, List.of(row(expected)));
                }
                case 10 -> {
                    client.query("SELECT " + expected + " FROM pg_sleep(0.05)").send();
                    pause();
                    cancelled = true;
                    client.cancel(pooler.address()).close();
                    judge(client, List.of(row(expected)));
                }
                case 11 -> {
                    byte[] query = Frontend.query("SELECT " + expected);
                    client.sendRaw(query, 0, 1 + random.nextInt(query.length - 1));
                    pause();
                    throw new Over();
                }
                default -> {
                    client.query("SELECT repeat('x', 1000) FROM generate_series(1, " + random.nextInt(300)
                                    + "), pg_sleep(" + sleep() + ")")
                            .send();
                    pause();
                    throw new Over();
                }
            }
        }

        private String sleep() {
            return random.nextInt(3) == 0 ? "0.01" : "0";
        }

        private String row(int expected) {
            String value = Integer.toString(expected);
            return "DataRow 1 " + value.length() + " '" + value + "'";
        }

        private void judge(WireClient client, List<String> expected) throws Over {
            List<String> answers = client.readUntilReadyOrClosed();
            String error = first(answers, "ErrorResponse");
            if (error != null && error.contains("57014") && !cancelled) {
                note("cancelled without having asked for it");
            }
            if (error != null || !isReady(answers)) {
                throw new Over();
            }
            List<String> rows = answers.stream()
                    .filter(answer -> answer.startsWith("DataRow"))
                    .toList();
            if (begin(rows, expected)) {
                right.incrementAndGet();
            } else {
                note("expected " + expected + ", was " + rows + "\n" + client.transcript());
                throw new Over();
            }
        }

        private boolean begin(List<String> rows, List<String> expected) {
            boolean right = rows.size() == expected.size();
            for (int i = 0; right && i < rows.size(); i++) {
                right = rows.get(i).startsWith(expected.get(i));
            }
            return right;
        }

        private @Nullable String first(List<String> answers, String type) {
            return answers.stream()
                    .filter(answer -> answer.startsWith(type))
                    .findFirst()
                    .orElse(null);
        }

        private boolean isReady(List<String> answers) {
            return !answers.isEmpty() && answers.get(answers.size() - 1).startsWith("ReadyForQuery");
        }

        private void vanish(WireClient client) {
            try {
                switch (random.nextInt(5)) {
                    case 0, 1 -> client.reset();
                    case 2 -> client.terminate().send().halfClose();
                    case 3 -> client.terminate().send();
                    default -> client.halfClose();
                }
            } catch (UncheckedIOException gone) {
                broken.incrementAndGet();
            } finally {
                client.close();
            }
        }
    }
}
