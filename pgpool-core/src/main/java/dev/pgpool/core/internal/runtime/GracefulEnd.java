package dev.pgpool.core.internal.runtime;

import dev.pgpool.core.internal.admin.AdminControl;
import dev.pgpool.core.internal.client.ClientRegistry;
import dev.pgpool.core.internal.log.LogLine;
import dev.pgpool.core.stats.CloseReason;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Ends a pooler when its clients have left, or when they have given its servers back. Thread-safe. */
public final class GracefulEnd {
    private static final Logger LOGGER = LoggerFactory.getLogger(GracefulEnd.class);
    private static final long DRAIN_MILLIS = 20;
    private static final Duration FOR_EVER = Duration.ofDays(365);

    private final PoolerRuntime pooler;
    private final ClientRegistry clients;

    GracefulEnd(PoolerRuntime pooler, ClientRegistry clients) {
        this.pooler = pooler;
        this.clients = clients;
    }

    /** Begins to end the pooler, on a thread of its own; for callers that must not wait. */
    void begin(AdminControl.Shutdown how) {
        PoolerThreads.of(pooler.config().instance(), "shutdown")
                .newThread(() -> {
                    switch (how) {
                        case IMMEDIATE -> pooler.close();
                        case WAIT_FOR_SERVERS -> awaitServers();
                        case WAIT_FOR_CLIENTS -> awaitClients();
                    }
                })
                .start();
    }

    /** Lets no client in that has not connected before, waits for as long as it takes until all have left, and ends everything. */
    public void awaitClients() {
        drain(FOR_EVER, false);
    }

    /**
     * Lets no other client in, waits until those that are here have left, and ends everything.
     *
     * @param sendIdleAway whether they are told to leave as soon as they are not in the middle of something
     * @return whether they all have left in time
     */
    public boolean drain(Duration atMost, boolean sendIdleAway) {
        pooler.refuseEventLoops();
        Parts known = pooler.running();
        long deadline = System.nanoTime() + atMost.toNanos();
        clients.stopAdmitting(!sendIdleAway);
        known.listeners().closeTcp();
        clients.doorsClosed();
        LogLine.info(LOGGER, "pooler drains")
                .with("name", pooler.config().instance().name())
                .with("clients", clients.size())
                .write();
        boolean empty = clients.sizeWithoutOperators() == 0;
        CompletableFuture<?> swept = CompletableFuture.completedFuture(null);
        try {
            while (!empty && deadline - System.nanoTime() > 0 && pooler.isRunning()) {
                if (sendIdleAway && swept.isDone()) {
                    swept = clients.sendIdleAway(CloseReason.SHUTDOWN);
                }
                Thread.sleep(DRAIN_MILLIS);
                empty = clients.sizeWithoutOperators() == 0;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        pooler.close();
        return empty;
    }

    /**
     * Lets no other clients in and gives out no servers any more, waits until those that clients have are given back, and ends
     * everything. A session keeps its server for as long as the pool's mode says.
     */
    public void awaitServers() {
        pooler.refuseEventLoops();
        Parts known = pooler.running();
        clients.stopAdmitting(false);
        known.listeners().closeTcp();
        clients.doorsClosed();
        LogLine.info(LOGGER, "pooler waits for servers")
                .with("name", pooler.config().instance().name())
                .with("clients", clients.size())
                .write();
        CompletableFuture<Void> ended = known.control().end();
        CompletableFuture<?> swept = CompletableFuture.completedFuture(null);
        try {
            while (!ended.isDone() && pooler.isRunning()) {
                if (swept.isDone()) {
                    swept = clients.sendPinnedAway(CloseReason.SHUTDOWN);
                }
                Thread.sleep(DRAIN_MILLIS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        pooler.close();
    }
}
