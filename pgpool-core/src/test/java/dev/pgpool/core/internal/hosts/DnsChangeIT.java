package dev.pgpool.core.internal.hosts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pgpool.core.PgPool;
import dev.pgpool.core.auth.CredentialStore;
import dev.pgpool.core.config.DnsConfig;
import dev.pgpool.core.config.PgPoolConfig;
import dev.pgpool.core.event.PgPoolListener;
import dev.pgpool.core.fixture.ScriptedServer;
import dev.pgpool.core.fixture.Wire;
import dev.pgpool.core.internal.cancel.CancelGate;
import dev.pgpool.core.internal.cancel.CancelSender;
import dev.pgpool.core.internal.pool.PoolRegistry;
import dev.pgpool.core.internal.pool.PoolServices;
import dev.pgpool.core.internal.pool.ServerLane;
import dev.pgpool.core.internal.pool.ServerPool;
import dev.pgpool.core.internal.pool.Waiter;
import dev.pgpool.core.internal.server.ServerConnection;
import dev.pgpool.core.internal.server.ServerConnector;
import dev.pgpool.core.internal.server.ServerPhase;
import dev.pgpool.core.internal.tls.TlsContexts;
import dev.pgpool.core.internal.transport.LoopTicker;
import dev.pgpool.core.internal.transport.TcpOptions;
import dev.pgpool.core.internal.transport.Transport;
import dev.pgpool.core.internal.transport.TransportChoice;
import dev.pgpool.core.internal.wire.ErrorFields;
import dev.pgpool.core.internal.wire.MessageCursor;
import dev.pgpool.core.stats.CloseReason;
import dev.pgpool.core.stats.PoolKey;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A pool whose server is found by name, and a name service that the test commands. */
class DnsChangeIT {

    private static final String NAME = "db.example";

    private final Transport transport = TransportChoice.best();
    private final EventLoopGroup group = transport.loops(1, new DefaultThreadFactory("test"));
    private final EventLoop loop = group.next();
    private final ExecutorService lookups = Executors.newCachedThreadPool();
    private final AtomicInteger asked = new AtomicInteger();
    private final List<CloseReason> closed = new CopyOnWriteArrayList<>();
    private final ScriptedServer server = ScriptedServer.start(session -> {
        session.login();
        session.serve();
    });
    private volatile DnsCache.Lookup nameService = name -> List.of(address(1));

    @AfterEach
    void end() {
        group.shutdownGracefully(0, 10, TimeUnit.SECONDS).awaitUninterruptibly();
        lookups.shutdownNow();
        server.close();
    }

    @Test
    void idleServerWhoseAddressIsGoneIsClosedAndTheNextOneGoesElsewhere() {
        ServerPool pool = pool(Duration.ofSeconds(5), NAME);
        release(acquire(pool).join());
        nameService = name -> List.of(address(2));
        await().atMost(Wire.PATIENCE).until(() -> closed.contains(CloseReason.SERVER_ADDRESS_CHANGED));
        assertThat(acquire(pool))
                .failsWithin(Wire.PATIENCE)
                .withThrowableThat()
                .withMessageContaining("(127.0.0.2), port " + server.port());
    }

    @Test
    void usedServerWhoseAddressIsGoneIsClosedWhenItIsReleased() {
        ServerConnection used = acquire(pool(Duration.ofSeconds(5), NAME)).join();
        loop.submit(() -> used.enter(new Busy())).syncUninterruptibly();
        nameService = name -> List.of(address(2));
        awaitLookups(3);
        assertThat(used.isClosed()).isFalse();
        release(used);
        await().atMost(Wire.PATIENCE).until(used::isClosed);
        assertThat(closed).containsExactly(CloseReason.SERVER_ADDRESS_CHANGED);
    }

    @Test
    void nameServiceThatFailsClosesNothing() {
        ServerConnection idle = acquire(pool(Duration.ofSeconds(5), NAME)).join();
        release(idle);
        nameService = name -> {
            throw new UnknownHostException(name);
        };
        awaitLookups(3);
        assertThat(idle.isClosed()).isFalse();
        assertThat(closed).isEmpty();
    }

    @Test
    void nameServiceThatHangsHoldsUpNobodyAndIsAClearError() {
        CountDownLatch end = new CountDownLatch(1);
        nameService = name -> {
            try {
                end.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return List.of(address(1));
        };
        CompletableFuture<ServerConnection> waiting = acquire(pool(Duration.ofMillis(300), NAME));
        assertThat(loop.submit(() -> "not held up").syncUninterruptibly().getNow())
                .isEqualTo("not held up");
        assertThat(waiting)
                .failsWithin(Wire.PATIENCE)
                .withThrowableThat()
                .withMessageContaining("no answer of the name service within 300 ms");
        end.countDown();
    }

    @Test
    void nameServiceThatHangsIsFollowedByTheNextHost() {
        CountDownLatch end = new CountDownLatch(1);
        nameService = name -> {
            try {
                end.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return List.of(address(1));
        };
        assertThat(acquire(pool(Duration.ofMillis(300), NAME, "127.0.0.1"))).succeedsWithin(Wire.PATIENCE);
        end.countDown();
    }

    @Test
    void allAddressesAreTriedWithinTheTimeOfTheirHost() {
        nameService = name -> List.of(address(2), address(1));
        assertThat(acquire(pool(Duration.ofSeconds(5), NAME))).succeedsWithin(Wire.PATIENCE);
    }

    private ServerPool pool(Duration connectTimeout, String... hosts) {
        LoopTicker ticker = new LoopTicker(loop);
        ticker.start();
        DnsCache names = new DnsCache(
                name -> {
                    asked.incrementAndGet();
                    return nameService.addresses(name);
                },
                lookups,
                new DnsConfig(Duration.ZERO, Duration.ZERO),
                System::nanoTime);
        PgPoolConfig config = PgPool.builder()
                .database(
                        "app",
                        db -> db.hosts(hosts)
                                .port(server.port())
                                .connectTimeout(connectTimeout)
                                .waitTimeout(Duration.ofSeconds(3))
                                .maxConnections(1))
                .config();
        PoolRegistry pools = new PoolRegistry(
                new PoolServices(
                        List.of(loop),
                        List.of(ticker),
                        new ServerConnector(transport, new SecureRandom(), lookups),
                        new CancelSender(transport, lookups, new CancelGate(), () -> TcpOptions.plain(transport)),
                        new HostResolver(transport, names),
                        CredentialStore.empty(),
                        new PgPoolListener() {
                            @Override
                            public void onServerClosed(PoolKey key, CloseReason reason) {
                                closed.add(reason);
                            }
                        },
                        new TlsContexts(config)),
                config);
        return pools.enter(config.databases().get("app"), "app", "app");
    }

    private CompletableFuture<ServerConnection> acquire(ServerPool pool) {
        CompletableFuture<ServerConnection> acquired = new CompletableFuture<>();
        ServerLane lane = pool.laneFor(loop);
        loop.execute(() -> {
            ServerConnection atOnce = lane.acquire(new Waiter<>() {
                @Override
                protected void onServer(ServerConnection made) {
                    acquired.complete(made);
                }

                @Override
                protected void onNoServer(ErrorFields error) {
                    acquired.completeExceptionally(new IllegalStateException(error.message()));
                }
            });
            if (atOnce != null) {
                acquired.complete(atOnce);
            }
        });
        return acquired;
    }

    private void release(ServerConnection used) {
        loop.submit(used::release).syncUninterruptibly();
    }

    private void awaitLookups(int more) {
        int wanted = asked.get() + more;
        await().atMost(Wire.PATIENCE).until(() -> asked.get() >= wanted);
    }

    private static InetAddress address(int last) {
        try {
            return InetAddress.getByAddress(NAME, new byte[] {127, 0, 0, (byte) last});
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Somebody uses the server. */
    private static final class Busy implements ServerPhase {
        @Override
        public void onMessages(MessageCursor in) {
            throw new IllegalStateException("the server was not asked");
        }

        @Override
        public void onClosed(CloseReason reason, @Nullable ErrorFields lastError) {
            // the listener tells
        }
    }
}
