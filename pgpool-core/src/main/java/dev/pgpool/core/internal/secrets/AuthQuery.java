package dev.pgpool.core.internal.secrets;

import dev.pgpool.core.auth.Credential;
import dev.pgpool.core.config.AuthQueryConfig;
import dev.pgpool.core.internal.hosts.ConnectChain;
import dev.pgpool.core.internal.hosts.ConnectFailures;
import dev.pgpool.core.internal.server.ServerConnection;
import dev.pgpool.core.internal.server.ServerHome;
import dev.pgpool.core.internal.server.ServerView;
import dev.pgpool.core.internal.transport.LoopTicker;
import dev.pgpool.core.internal.wire.ErrorFields;
import dev.pgpool.core.stats.CloseReason;
import dev.pgpool.core.stats.ServerInfo;
import io.netty.channel.EventLoop;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Asks a server for secrets, on connections of its own that no client ever uses and that no client's setting ever
 * reaches (CVE-2025-12819): the user is a bound parameter, the search path is pinned when the connection starts.
 *
 * <p>There is no cache: a password that was changed or has expired is seen at the next login. What several logins ask
 * for at once is asked once, though, as long as the question has not been sent.
 *
 * <p>{@link #find} and {@link #close} may be called from any thread; all else is confined to the event loop.
 */
final class AuthQuery implements ServerHome, LoopTicker.Listener {
    private static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(60);

    private final AuthQueryConfig config;
    private final AuthQueryDestination destination;
    private final EventLoop loop;
    private final LoopTicker ticker;

    /** Questions that wait for a connection, by user. */
    private final Map<String, AuthQuestion> waiting = new LinkedHashMap<>();

    private final Map<ServerConnection, AuthQuestion> asked = new HashMap<>();
    private final ArrayDeque<Idle> idle = new ArrayDeque<>();
    private final Set<ServerConnection> servers = new HashSet<>();
    private int connecting;
    /** Until then connections are closed when no question waits for them. */
    private long vacantUntilNanos = System.nanoTime();

    private boolean retired;
    private boolean closed;

    private @Nullable Outage outage;

    private record Idle(ServerConnection server, long sinceNanos) {}

    /** The server can't be reached for now, and that is tried again. */
    private record Outage(String problem, long retryAtNanos) {}

    AuthQuery(AuthQueryConfig config, AuthQueryDestination destination, EventLoop loop, LoopTicker ticker) {
        this.config = config;
        this.destination = destination;
        this.loop = loop;
        this.ticker = ticker;
    }

    void startTicking() {
        loop.execute(() -> ticker.add(this));
    }

    /**
     * The secret of a user, empty if there is no such user or the user may not log in.
     *
     * @param isThere whether the answer is still waited for, from any thread: if not, the server need not be asked
     */
    CompletionStage<Optional<Credential>> find(String user, BooleanSupplier isThere) {
        CompletableFuture<Optional<Credential>> answer = new CompletableFuture<>();
        try {
            loop.execute(() -> enqueue(user, answer, isThere));
        } catch (RejectedExecutionException e) {
            answer.completeExceptionally(e);
        }
        return answer;
    }

    private void enqueue(String user, CompletableFuture<Optional<Credential>> answer, BooleanSupplier isThere) {
        if (closed) {
            answer.completeExceptionally(failure("the pooler is closing"));
            return;
        }
        waiting.computeIfAbsent(user, name -> new AuthQuestion(name, config.timeout()))
                .tell(answer, isThere);
        pump();
    }

    private void pump() {
        Outage known = outage;
        boolean mayConnect = known == null || System.nanoTime() - known.retryAtNanos >= 0;
        Iterator<AuthQuestion> next = waiting.values().iterator();
        while (next.hasNext() && !idle.isEmpty()) {
            AuthQuestion question = next.next();
            if (!question.isWanted()) {
                next.remove();
                continue;
            }
            Idle free = pollIdle();
            if (free == null) {
                break;
            }
            next.remove();
            ask(free.server, question, true);
        }
        // one connection for each question that waits, within the limit
        while (mayConnect && connecting < waiting.size() && servers.size() + connecting < config.maxConnections()) {
            connect();
        }
    }

    private @Nullable Idle pollIdle() {
        Idle free = idle.pollFirst();
        while (free != null && !free.server.isUsable()) {
            free = idle.pollFirst();
        }
        return free;
    }

    private void ask(ServerConnection server, AuthQuestion question, boolean wasIdle) {
        question.sent(wasIdle);
        asked.put(server, question);
        new AuthQueryExchange(server, new AuthQueryExchange.Outcome() {
                    @Override
                    public void onAnswer(AuthQueryExchange.@Nullable Row row) {
                        asked.remove(server);
                        question.answered(row, AuthQuery.this::failure);
                        server.release();
                    }

                    @Override
                    public void onProblem(String problem) {
                        asked.remove(server);
                        question.fail(failure(problem));
                        server.release();
                    }

                    @Override
                    public void onClosed(String problem) {
                        asked.remove(server);
                        lost(question, problem);
                    }
                })
                .send(config.query(), question.user());
    }

    /** A connection that died while it was idle says so late: the question is asked once more. */
    private void lost(AuthQuestion question, String problem) {
        if (!closed && question.mayBeRepeated()) {
            AuthQuestion sooner = waiting.putIfAbsent(question.user(), question);
            if (sooner != null) {
                question.follow(sooner);
            }
            loop.execute(this::pump);
        } else {
            question.fail(failure(problem));
        }
    }

    // ---- connections

    private void connect() {
        connecting++;
        new ConnectChain(destination, loop, this, List.of(), new Connecting()).begin();
    }

    /** A connection is being made. */
    private final class Connecting implements ConnectChain.Owner {
        @Override
        public boolean isClosed() {
            return closed;
        }

        @Override
        public void onConnected(ServerConnection server) {
            connecting--;
            servers.add(server);
            destination.listener().onServerReady(ServerView.of(server, destination.key(), ServerInfo.State.NEW));
            if (outage != null) {
                outage = null;
                waiting.values().forEach(AuthQuestion::reached);
            }
            if (closed) {
                server.close(CloseReason.SHUTDOWN);
            } else {
                onReleased(server);
            }
        }

        @Override
        public void onFailed(ErrorFields error) {
            connecting--;
            String problem = error.message() + " (SQLSTATE " + error.sqlState() + ")";
            if (ConnectFailures.mayPass(error)) {
                waitOn(problem);
            } else if (servers.isEmpty() && connecting == 0) {
                failAll(problem);
            }
        }
    }

    /** The questions that wait go on waiting: for as long as clients wait for a server of that database. */
    private void waitOn(String problem) {
        long retryAt = ConnectFailures.retryAtNanos(destination.connectRetryDelay());
        outage = new Outage(problem, retryAt);
        long patience = destination.waitTimeout().toNanos();
        waiting.values().forEach(question -> question.unreachable(retryAt, patience));
    }

    /** The questions that wait are told, since each new question tries anew: a refusal is not asked for in vain for long. */
    private void failAll(String problem) {
        RuntimeException failure = failure(problem);
        Iterator<AuthQuestion> all = waiting.values().iterator();
        while (all.hasNext()) {
            AuthQuestion question = all.next();
            all.remove();
            question.fail(failure);
        }
    }

    @Override
    public void onReleased(ServerConnection server) {
        if (waiting.isEmpty() && vacantUntilNanos - System.nanoTime() > 0) {
            server.close(CloseReason.SERVER_REPLACED);
            return;
        }
        idle.addFirst(new Idle(server, System.nanoTime()));
        pump();
    }

    @Override
    public void onGone(ServerConnection server, CloseReason reason) {
        servers.remove(server);
        ErrorFields last = server.lastError();
        destination
                .listener()
                .onServerEnded(
                        ServerView.of(server, destination.key(), ServerInfo.State.NEW),
                        reason,
                        last == null ? Optional.empty() : Optional.of(last.message()));
        idle.removeIf(free -> free.server == server);
        if (!closed) {
            loop.execute(this::pump);
        }
    }

    // ---- time

    @Override
    public void onTick(long nowNanos) {
        Iterator<AuthQuestion> late = waiting.values().iterator();
        while (late.hasNext()) {
            AuthQuestion question = late.next();
            if (!question.isWanted()) {
                late.remove();
            } else if (question.isOverdue(nowNanos)) {
                late.remove();
                Outage known = outage;
                question.fail(
                        failure(known == null ? "no connection was free within " + config.timeout() : known.problem));
            }
        }
        if (outage != null && !waiting.isEmpty()) {
            pump();
        }
        Map.copyOf(asked).forEach((server, question) -> {
            if (question.isOverdue(nowNanos)) {
                question.expired();
                server.close(CloseReason.AUTH_QUERY_TIMEOUT);
            }
        });
        Idle oldest = idle.peekLast();
        if (oldest != null && nowNanos - oldest.sinceNanos > IDLE_NANOS) {
            oldest.server.close(CloseReason.AUTH_QUERY_IDLE);
        }
        if (retired && waiting.isEmpty() && asked.isEmpty() && connecting == 0) {
            var unused = close();
        }
    }

    /** The database, by the name that servers know it by. */
    String serverDatabase() {
        return destination.serverDatabase();
    }

    /** For a while there must be no connections that no question uses; from any thread. */
    void vacate(long untilNanos) {
        onLoop(() -> {
            vacantUntilNanos = untilNanos;
            retireConnections();
        });
    }

    /** Connections are not what new ones would be: they end when no question uses them; from any thread. */
    void replaceConnections() {
        onLoop(this::retireConnections);
    }

    private void retireConnections() {
        Set.copyOf(servers).forEach(server -> server.retire(CloseReason.SERVER_REPLACED));
    }

    /** It is not asked any more: it closes when it has answered what it was asked; from any thread. */
    void retire() {
        loop.execute(() -> retired = true);
    }

    CompletableFuture<Void> close() {
        CompletableFuture<Void> done = new CompletableFuture<>();
        onLoop(() -> {
            closed = true;
            ticker.remove(this);
            waiting.values().forEach(question -> question.fail(failure("the pooler is closing")));
            waiting.clear();
            Set.copyOf(servers).forEach(server -> server.close(CloseReason.SHUTDOWN));
            done.complete(null);
        });
        return done;
    }

    private void onLoop(Runnable task) {
        if (loop.inEventLoop()) {
            task.run();
        } else {
            loop.execute(task);
        }
    }

    private IllegalStateException failure(String problem) {
        return new IllegalStateException("auth query as user \"" + config.user() + "\" in database \""
                + destination.database() + "\": " + problem);
    }
}
