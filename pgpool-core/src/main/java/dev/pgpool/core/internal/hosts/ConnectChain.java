package dev.pgpool.core.internal.hosts;

import dev.pgpool.core.auth.Credential;
import dev.pgpool.core.config.HostConfig;
import dev.pgpool.core.config.TargetSessionAttributes;
import dev.pgpool.core.event.ConnectFailure;
import dev.pgpool.core.event.PgPoolListener;
import dev.pgpool.core.internal.log.LogLine;
import dev.pgpool.core.internal.params.ParameterRegistry;
import dev.pgpool.core.internal.server.ServerConnection;
import dev.pgpool.core.internal.server.ServerConnector;
import dev.pgpool.core.internal.server.ServerHome;
import dev.pgpool.core.internal.server.ServerTarget;
import dev.pgpool.core.internal.server.ServerView;
import dev.pgpool.core.internal.transport.SocketWords;
import dev.pgpool.core.internal.wire.ErrorFields;
import dev.pgpool.core.internal.wire.PoolerError;
import dev.pgpool.core.internal.wire.StartupPacket.Setting;
import dev.pgpool.core.stats.PoolKey;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.ScheduledFuture;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One server connection, from the credential to a server of the wanted kind: asks the hosts of the database in turn, and
 * each host's addresses, until one will do. Like libpq it goes on when a host can't be reached, is starting up, shutting
 * down or full, or is of the wrong kind; any other refusal, a wrong password say, would be the same elsewhere and ends it.
 *
 * <p>Each host has the pool's connect timeout, which its addresses share. Confined to its event loop.
 */
public final class ConnectChain implements ServerConnector.Outcome {
    /** Where connections go: a pool, or the auth query of a database. */
    public interface Destination {
        /** Whose they are. */
        PoolKey key();

        /** Hears of each attempt. */
        PgPoolListener listener();

        HostResolver resolver();

        ServerConnector connector();

        ServerHosts hosts();

        /** How long one host may take. */
        Duration connectTimeout();

        ParameterRegistry parameters();

        /** The secret to log in with; looked up each time, since it changes. */
        CompletionStage<Optional<Credential>> credential();

        /** A server did not take this secret. */
        default void secretRefused(@Nullable Credential refused) {}

        ServerTarget target(
                HostConfig host,
                SocketAddress address,
                TargetSessionAttributes wanted,
                Optional<Credential> credential);
    }

    private static final Logger LOGGER = LoggerFactory.getLogger(ConnectChain.class);
    private static final String WRONG_PASSWORD = "28P01";
    /** What a store says of its failure is for the log: it may name what is no business of clients. */
    private static final ErrorFields NO_SECRET = new ErrorFields(
            "FATAL",
            ConnectFailures.REJECTED,
            "could not look up the secret for the server",
            null,
            "See the log of the pooler.");

    /** Who wants the connection. */
    public interface Owner extends ServerConnector.Outcome {
        /** Whether it is not wanted any more. */
        boolean isClosed();
    }

    private final Destination to;
    private final EventLoop loop;
    private final ServerHome home;
    private final List<Setting> startup;
    private final Owner owner;
    private final ServerHosts.Order order;
    private final Deque<HostConfig> hosts = new ArrayDeque<>();
    private final Deque<SocketAddress> addresses = new ArrayDeque<>();
    private final List<String> reasons = new ArrayList<>();
    private final Instant begun = Instant.now();

    private TargetSessionAttributes wanted;
    private boolean secondPass;
    private boolean secretRefused;
    private Optional<Credential> credential = Optional.empty();
    private @Nullable HostConfig host;
    private @Nullable ServerTarget target;
    private @Nullable ErrorFields newest;
    /** The newest failure that time may mend: then so it may the whole. */
    private @Nullable ErrorFields passing;

    private @Nullable ScheduledFuture<?> lookupTimer;
    private long hostDeadlineNanos;
    private Runnable abort = () -> {};
    private boolean abandoned;

    /** @param startup further start-up parameters, of a connection that is used as it is; none for a pooled one */
    public ConnectChain(Destination to, EventLoop loop, ServerHome home, List<Setting> startup, Owner owner) {
        this.to = to;
        this.loop = loop;
        this.home = home;
        this.startup = startup;
        this.owner = owner;
        this.order = to.hosts().next();
        this.wanted = to.hosts().wanted();
    }

    /**
     * Begins; ends in exactly one call of the owner, on the event loop, and after this has returned: what makes it fail may be
     * known already, as that there is no such name, and its owner is in the middle of something.
     */
    public void begin() {
        if (wanted == TargetSessionAttributes.PREFER_STANDBY) {
            wanted = TargetSessionAttributes.STANDBY;
        } else {
            secondPass = true;
        }
        hosts.addAll(order.hosts());
        later(this::findSecret);
    }

    private void findSecret() {
        credential()
                .whenComplete((known, problem) -> onLoop(() -> {
                    if (problem != null) {
                        // no server has been asked: there is nothing to wait for
                        LogLine.warn(LOGGER, "lookup of the secret for a server failed")
                                .with("error", text(problem))
                                .write();
                        owner.onFailed(NO_SECRET);
                    } else {
                        credential = known;
                        nextHost();
                    }
                }));
    }

    /** The connection is not wanted any more: it fails as soon as it can. On the event loop. */
    public void abandon() {
        abandoned = true;
        abort.run();
    }

    public boolean isAbandoned() {
        return abandoned;
    }

    /** A store of the host may throw instead of failing; a permit depends on the answer. */
    private CompletionStage<Optional<Credential>> credential() {
        try {
            return to.credential();
        } catch (Throwable e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private void nextHost() {
        if (owner.isClosed() || abandoned) {
            owner.onFailed(PoolerError.SHUTDOWN.plain());
            return;
        }
        HostConfig next = hosts.poll();
        if (next == null && !secondPass) {
            // no standby: any server, then
            secondPass = true;
            wanted = TargetSessionAttributes.ANY;
            hosts.addAll(order.hosts());
            next = hosts.poll();
        }
        if (next == null) {
            owner.onFailed(verdict());
            return;
        }
        host = next;
        long timeout = to.connectTimeout().toNanos();
        hostDeadlineNanos = System.nanoTime() + timeout;
        lookUp(next, timeout);
    }

    private void lookUp(HostConfig asked, long timeoutNanos) {
        CompletableFuture<List<SocketAddress>> found =
                to.resolver().resolve(asked).toCompletableFuture().copy();
        if (!found.isDone()) {
            lookupTimer = loop.schedule(
                    () -> found.completeExceptionally(new UnansweredLookup(timeoutNanos)),
                    timeoutNanos,
                    TimeUnit.NANOSECONDS);
        }
        found.whenComplete((list, problem) -> onLoop(() -> {
            ScheduledFuture<?> running = lookupTimer;
            lookupTimer = null;
            if (running != null) {
                running.cancel(false);
            }
            if (problem != null) {
                ErrorFields error =
                        cannotConnect(" at \"" + asked.host() + "\", port " + asked.port() + ": " + lookup(problem));
                failed(asked + ": " + lookup(problem), error);
                to.listener()
                        .onServerAttemptFailed(
                                ServerView.withoutAddress(to.key(), asked, begun),
                                ConnectFailure.LOOKUP_FAILED,
                                error.sqlState(),
                                error.told());
                nextHost();
            } else {
                addresses.addAll(to.hosts().order(list, order.turn()));
                nextAddress();
            }
        }));
    }

    private void nextAddress() {
        SocketAddress address = addresses.poll();
        HostConfig current = host;
        if (address == null || current == null || abandoned) {
            nextHost();
            return;
        }
        long left = Math.max(1_000_000, hostDeadlineNanos - System.nanoTime());
        ServerTarget pooled = to.target(current, address, wanted, credential);
        ServerTarget next = startup.isEmpty() ? pooled : pooled.with(startup);
        target = next;
        abort = to.connector()
                .connect(loop, next, to.parameters(), home, Duration.ofNanos(left / (addresses.size() + 1)), this);
    }

    @Override
    public void onReached(ServerConnection server) {
        to.listener().onServerReached(ServerView.attempted(server, to.key()));
    }

    @Override
    public void onAttemptFailed(ServerConnection server, ConnectFailure failure, ErrorFields error) {
        to.listener()
                .onServerAttemptFailed(ServerView.attempted(server, to.key()), failure, error.sqlState(), error.told());
    }

    @Override
    public void onConnected(ServerConnection server) {
        to.hosts().succeeded(server.target().host());
        owner.onConnected(server);
    }

    @Override
    public void onFailed(ErrorFields error) {
        ServerTarget failed = target;
        if (failed != null && !secretRefused && error.sqlState().equals(WRONG_PASSWORD)) {
            secretRefused = true;
            tryAnotherSecret(failed, error);
        } else {
            failed(failed, error);
        }
    }

    /**
     * A secret may change between our look at it and the server's: if there is another by now, that one is tried at once,
     * and only once.
     */
    private void tryAnotherSecret(ServerTarget refused, ErrorFields error) {
        to.secretRefused(refused.credential());
        credential()
                .whenComplete((fresh, problem) -> onLoop(() -> {
                    if (problem != null || fresh.isEmpty() || fresh.equals(credential)) {
                        failed(refused, error);
                    } else if (owner.isClosed()) {
                        owner.onFailed(PoolerError.SHUTDOWN.plain());
                    } else {
                        credential = fresh;
                        addresses.addFirst(refused.address());
                        nextAddress();
                    }
                }));
    }

    private void failed(@Nullable ServerTarget failed, ErrorFields error) {
        String reason = error.message();
        if (failed != null) {
            String prefix = ServerConnector.cannotConnectTo(failed);
            reason = failed.host() + " (" + numeric(failed.address()) + "): "
                    + (reason.startsWith(prefix) ? reason.substring(prefix.length()) : reason);
        }
        failed(reason, error);
        if (ConnectFailures.mayBeOtherwiseElsewhere(error)) {
            nextAddress();
        } else {
            owner.onFailed(verdict());
        }
    }

    private void failed(String reason, ErrorFields error) {
        reasons.add(reason);
        newest = error;
        if (ConnectFailures.mayPass(error)) {
            passing = error;
        }
    }

    /** The only failure as it is; of several each with its reason. */
    private ErrorFields verdict() {
        ErrorFields last = newest;
        if (last == null) {
            throw new IllegalStateException("nothing has failed");
        }
        if (reasons.size() == 1) {
            return last;
        }
        ErrorFields decisive = passing != null && ConnectFailures.mayBeOtherwiseElsewhere(last) ? passing : last;
        return new ErrorFields(
                "FATAL",
                decisive.sqlState(),
                "could not connect to any server: " + String.join("; ", reasons),
                null,
                decisive.hint());
    }

    private static ErrorFields cannotConnect(String why) {
        return new ErrorFields("FATAL", "08001", "could not connect to server" + why, null, null);
    }

    private static String numeric(SocketAddress address) {
        return address instanceof InetSocketAddress tcp && tcp.getAddress() != null
                ? tcp.getAddress().getHostAddress()
                : "socket";
    }

    /** Why there is no credential: the store's own words, in one line. */
    private static String text(Throwable problem) {
        Throwable cause = cause(problem);
        return (cause.getClass().getSimpleName() + ": " + cause.getMessage()).replaceAll("[\\r\\n]+", " ");
    }

    /** Why there is no address. */
    private static String lookup(Throwable problem) {
        Throwable cause = cause(problem);
        return cause instanceof UnansweredLookup ? String.valueOf(cause.getMessage()) : SocketWords.of(cause);
    }

    private static Throwable cause(Throwable problem) {
        return problem instanceof CompletionException && problem.getCause() != null ? problem.getCause() : problem;
    }

    private void onLoop(Runnable task) {
        if (loop.inEventLoop()) {
            task.run();
        } else {
            later(task);
        }
    }

    private void later(Runnable task) {
        try {
            loop.execute(task);
        } catch (RejectedExecutionException e) {
            // the pooler has ended, and with it all that would want to know
            lookupTimer = null;
        }
    }

    /** The name service says nothing. */
    private static final class UnansweredLookup extends Exception {
        private static final long serialVersionUID = 1L;

        UnansweredLookup(long nanos) {
            super("no answer of the name service within " + nanos / 1_000_000 + " ms");
        }
    }
}
