package dev.pgpool.examples.standalone;

import dev.pgpool.core.PgPool;
import dev.pgpool.core.auth.ClientAuthentication;
import dev.pgpool.core.auth.CredentialStore;
import dev.pgpool.core.config.TlsMode;
import java.io.IOException;
import java.math.BigInteger;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.LoggerFactory;

/**
 * Traffic of our own before the first client comes, so that a JVM that has just started knows by then what is hot. Two
 * poolers stand one behind the other, on free ports of this machine, and behind them a server without data: so logins by
 * SCRAM are seen from both sides. Nothing of it is left.
 *
 * <p>Fails in silence: a pooler that starts cold is better than none.
 */
final class WarmUp {
    /** For how long at most, in milliseconds; 0 for not at all. */
    static final String PROPERTY = "pgpool.warmup";

    static final int DEFAULT_MILLIS = 1_000;

    private static final int CLIENTS = 4;
    private static final int SERVERS = 2;
    private static final String USER = "warm";

    /** After how many of a client's logins the servers' connections are made anew, each with a login by SCRAM. */
    private static final int LOGINS_PER_RECONNECT = 20;

    /** How long its end may take. */
    private static final int END_MILLIS = 5_000;

    /** What makes a start that nothing hinders short. */
    private static final int MOST_LOGINS = 2_000;

    private final long endNanos;
    private final int mostLogins;
    private final AtomicInteger logins = new AtomicInteger();
    private final AtomicInteger transactions = new AtomicInteger();

    /** What was done, for the log and for tests. */
    record Done(int logins, int transactions) {}

    private WarmUp(Duration atMost, int mostLogins) {
        this.endNanos = System.nanoTime() + atMost.toNanos();
        this.mostLogins = mostLogins;
    }

    /** For as long as the property says. */
    static Done run() {
        int millis = Integer.getInteger(PROPERTY, DEFAULT_MILLIS);
        return millis > 0 ? run(Duration.ofMillis(millis), MOST_LOGINS) : new Done(0, 0);
    }

    /** Returns when the time is over, or so many clients have been there; whatever becomes of them. */
    static Done run(Duration atMost, int mostLogins) {
        WarmUp warmUp = new WarmUp(atMost, mostLogins);
        Thread traffic = new Thread(warmUp::tryToCarryTraffic, "pgpool-warm-up");
        traffic.setDaemon(true);
        traffic.start();
        try {
            traffic.join(atMost.toMillis() + END_MILLIS);
        } catch (InterruptedException e) {
            traffic.interrupt();
            Thread.currentThread().interrupt();
        }
        return new Done(warmUp.logins.get(), warmUp.transactions.get());
    }

    private void tryToCarryTraffic() {
        try {
            carryTraffic();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException | RuntimeException e) {
            LoggerFactory.getLogger(WarmUp.class).atDebug().setCause(e).log("warm-up failed");
        }
    }

    private void carryTraffic() throws IOException, InterruptedException {
        String secret = new BigInteger(160, new SecureRandom()).toString(Character.MAX_RADIX);
        try (NothingServer server = new NothingServer();
                PgPool near = PgPool.builder()
                        .listen("127.0.0.1", 0)
                        .credentials(CredentialStore.of(Map.of(USER, secret)))
                        .database(
                                "*",
                                db -> db.host("127.0.0.1")
                                        .port(server.port())
                                        .tls(tls -> tls.mode(TlsMode.DISABLE))
                                        .maxConnections(SERVERS))
                        .eventLoops(1)
                        .build()
                        .start();
                PgPool far = PgPool.builder()
                        .listen("127.0.0.1", 0)
                        .clientAuthentication(ClientAuthentication.TRUST)
                        .database(
                                "*",
                                db -> db.host("127.0.0.1")
                                        .port(near.address().getPort())
                                        .user(USER)
                                        .password(secret)
                                        .tls(tls -> tls.mode(TlsMode.DISABLE))
                                        .maxConnections(SERVERS))
                        .eventLoops(1)
                        .build()
                        .start()) {
            List<Thread> clients = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                Thread client = new Thread(() -> beClients(far), "pgpool-warm-up");
                client.setDaemon(true);
                client.start();
                clients.add(client);
            }
            for (Thread client : clients) {
                client.join();
            }
        }
    }

    private boolean isOver() {
        return logins.get() >= mostLogins || System.nanoTime() - endNanos >= 0;
    }

    private void beClients(PgPool pool) {
        try {
            while (!isOver()) {
                try (NothingClient client = new NothingClient(pool.address().getPort(), USER)) {
                    for (byte[] request : NothingClient.REQUESTS) {
                        if (isOver()) {
                            break;
                        }
                        client.ask(request);
                        transactions.incrementAndGet();
                    }
                }
                if (logins.incrementAndGet() % LOGINS_PER_RECONNECT == 0) {
                    pool.reconnect();
                }
            }
        } catch (IOException | RuntimeException e) {
            LoggerFactory.getLogger(WarmUp.class).atDebug().setCause(e).log("a client of the warm-up failed");
        }
    }
}
