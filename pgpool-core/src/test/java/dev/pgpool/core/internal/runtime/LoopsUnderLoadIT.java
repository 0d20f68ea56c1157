package dev.pgpool.core.internal.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pgpool.core.PgPool;
import dev.pgpool.core.auth.ClientAuthentication;
import dev.pgpool.core.config.TlsMode;
import dev.pgpool.core.event.PgPoolListener;
import dev.pgpool.core.fixture.Frontend;
import dev.pgpool.core.fixture.TirelessServer;
import dev.pgpool.core.internal.transport.ActiveLoops;
import io.netty.channel.SingleThreadEventLoop;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A pooler that is what saturates: its clients send many queries at once, and its servers answer without a thought. Whether
 * an event loop is busy is measured as in a pooler, but against the processor time of a thread that never rests, which on a
 * machine with other work gets as little of a core as a busy loop does.
 */
class LoopsUnderLoadIT {
    private static final String PROPERTY = "pgpool.loops";
    private static final int CLIENTS = 8;
    private static final int SERVERS = 4;
    private static final int AT_ONCE = 200;
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    /** The shortest time that is looked at: longer than what the scheduler gives one thread before the next has its turn. */
    private static final long LOOK_NANOS = SECOND / 4;

    private final ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    private final Restless restless = new Restless();
    private final List<Client> clients = new ArrayList<>();
    private String before = "";
    private TirelessServer server;
    private PoolerRuntime pooler;
    private long lookedNanos;

    @BeforeEach
    void startByNeed() throws Exception {
        before = System.getProperty(PROPERTY, "");
        System.setProperty(PROPERTY, "");
        server = new TirelessServer();
        try (PgPool pool = PgPool.builder()
                .listen("127.0.0.1", 0)
                .clientAuthentication(ClientAuthentication.TRUST)
                .database(
                        "app",
                        db -> db.host("127.0.0.1")
                                .port(server.port())
                                .maxConnections(SERVERS)
                                .tls(tls -> tls.mode(TlsMode.DISABLE)))
                .eventLoops(2)
                .build()) {
            pooler = new PoolerRuntime(pool.config(), null, PgPoolListener.NONE);
        }
        pooler.start();
        restless.start();
        for (int i = 0; i < CLIENTS; i++) {
            clients.add(new Client(pooler.address().getPort()));
        }
    }

    @AfterEach
    void end() throws Exception {
        restless.over = true;
        for (Client client : clients) {
            client.close();
        }
        pooler.close();
        server.close();
        System.setProperty(PROPERTY, before);
    }

    private ActiveLoops loops() {
        return pooler.running().loops();
    }

    private int channels(int loop) {
        return ((SingleThreadEventLoop) loops().loops().get(loop)).registeredChannels();
    }

    @Test
    void anotherLoopBeginsUnderLoadAndEndsWithIt() throws Exception {
        List<String> moves = new ArrayList<>();
        ActiveLoops judge = new ActiveLoops(loops());
        judge.mover((from, to, share) -> moves.add(
                loops().loops().indexOf(from) + " to " + loops().loops().indexOf(to)));
        look(judge, 1);
        assertThat(judge.active()).isEqualTo(1);

        clients.forEach(Client::begin);
        await("another loop").atMost(PATIENCE).until(() -> look(judge, 1) == 2);
        assertThat(moves).contains("0 to 1");
        await("clients on it, more than there are servers").atMost(PATIENCE).until(() -> {
            tell(SECOND, 1);
            return channels(1) > SERVERS;
        });
        for (Client client : clients) {
            int asked = client.asked.get();
            await("answers").atMost(PATIENCE).until(() -> client.asked.get() > asked + 1);
        }

        for (Client client : clients) {
            client.rest();
        }
        moves.clear();
        // ten seconds are waited for, of which one passes
        await("one loop").atMost(PATIENCE).until(() -> look(judge, 10) == 1);
        assertThat(moves).containsOnly("1 to 0");
        await("clients on the first").atMost(PATIENCE).until(() -> {
            tell(11 * SECOND, 0);
            return channels(1) <= SERVERS;
        });
        assertThat(loops().active()).isEqualTo(1);
        for (Client client : clients) {
            client.ask();
        }
    }

    /** As a tick of the pooler, with another time; returns how many loops it wants. */
    private int look(ActiveLoops judge, int times) {
        long now = times * threads.getThreadCpuTime(restless.getId());
        if (now - lookedNanos >= LOOK_NANOS || now < lookedNanos) {
            lookedNanos = now;
            judge.onTick(now);
        }
        return judge.active();
    }

    /** At once, so that the pooler does not see for itself in between how busy they are. */
    private void tell(long nanos, double first) {
        loops().loops()
                .get(0)
                .submit(() -> {
                    loops().observe(SECOND, new double[] {first, 0});
                    loops().observe(nanos, new double[] {first, 0});
                })
                .syncUninterruptibly();
    }

    /** A thread that takes what it can get of a core. */
    private static final class Restless extends Thread {
        private volatile boolean over;

        Restless() {
            super("restless");
            setDaemon(true);
        }

        @Override
        public void run() {
            while (!over) {
                Thread.onSpinWait();
            }
        }
    }

    /** Asks many queries at once, again and again. */
    private static final class Client implements AutoCloseable {
        private final AtomicInteger asked = new AtomicInteger();
        private final Socket socket;
        private final DataInputStream in;
        private final byte[] queries;
        private volatile boolean resting;
        private CompletableFuture<Void> work = CompletableFuture.completedFuture(null);

        Client(int port) throws IOException {
            socket = new Socket(InetAddress.getLoopbackAddress(), port);
            socket.setSoTimeout((int) PATIENCE.toMillis());
            socket.setTcpNoDelay(true);
            in = new DataInputStream(socket.getInputStream());
            socket.getOutputStream().write(Frontend.startup(3 << 16, "user", "app", "database", "app"));
            int type;
            do {
                type = in.readUnsignedByte();
                byte[] body = in.readNBytes(in.readInt() - Integer.BYTES);
                if (type == 'E') {
                    throw new IOException(new String(body, StandardCharsets.UTF_8).replace('\0', ' '));
                }
            } while (type != 'Z');
            ByteArrayOutputStream all = new ByteArrayOutputStream();
            for (int i = 0; i < AT_ONCE; i++) {
                all.writeBytes(Frontend.query("SELECT n FROM nothing"));
            }
            queries = all.toByteArray();
        }

        void ask() throws IOException {
            socket.getOutputStream().write(queries);
            byte[] last = in.readNBytes(AT_ONCE * TirelessServer.ANSWER.length);
            assertThat(last).endsWith(TirelessServer.ANSWER);
            asked.incrementAndGet();
        }

        void begin() {
            work = CompletableFuture.runAsync(
                    () -> {
                        try {
                            while (!resting) {
                                ask();
                            }
                        } catch (IOException e) {
                            throw new IllegalStateException(e);
                        }
                    },
                    task -> new Thread(task, "client").start());
        }

        void rest() throws Exception {
            resting = true;
            work.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        }

        @Override
        public void close() throws IOException {
            resting = true;
            socket.close();
        }
    }
}
