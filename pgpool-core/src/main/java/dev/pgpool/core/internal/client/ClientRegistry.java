package dev.pgpool.core.internal.client;

import dev.pgpool.core.internal.cancel.CancelKey;
import dev.pgpool.core.internal.cancel.PeerCancels;
import dev.pgpool.core.internal.transport.ConnectionNumbers;
import dev.pgpool.core.internal.transport.LoopSurvey;
import dev.pgpool.core.internal.wire.PoolerError;
import dev.pgpool.core.stats.ClientInfo;
import dev.pgpool.core.stats.CloseReason;
import java.security.SecureRandom;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The clients that are connected. Thread-safe. */
public final class ClientRegistry {
    private static final int SPARE = 100;

    private final int peerId;
    private volatile int limit;
    private volatile boolean admitting = true;
    /** Whether clients that connected before the end began may still log in. */
    private volatile boolean openToConnected = true;
    /** Whether connections that are made now count as made before the end. */
    private volatile boolean inTime = true;

    private final SecureRandom random = new SecureRandom();
    private final AtomicInteger connections = new AtomicInteger();
    private final AtomicInteger admitted = new AtomicInteger();
    private final AtomicInteger operators = new AtomicInteger();
    private final ClientCaps databases = new ClientCaps();
    private final ClientCaps users = new ClientCaps();
    private final Strangers<ClientSession> strangers = new Strangers<>();
    private final ConnectionNumbers numbers = new ConnectionNumbers();
    /** By the process ids that the clients are told. */
    private final Map<Integer, ClientSession> sessions = new ConcurrentHashMap<>();

    /**
     * @param limit clients that may be logged in at once
     * @param peerId which of several poolers this is; 0 if it is alone
     */
    public ClientRegistry(int limit, int peerId) {
        this.limit = limit;
        this.peerId = peerId;
    }

    /** The numbers of connections. */
    public ConnectionNumbers numbers() {
        return numbers;
    }

    /** How many clients may be logged in from now on; clients that are logged in already stay. */
    public void limit(int now) {
        limit = now;
    }

    /**
     * The end has begun.
     *
     * @param butConnected whether clients that connect before {@link #doorsClosed()} may still log in; otherwise no client may
     */
    public void stopAdmitting(boolean butConnected) {
        openToConnected = butConnected;
        admitting = false;
    }

    /** The TCP listeners are closed and have accepted all connections that had reached them: later ones come too late. */
    public void doorsClosed() {
        inTime = false;
    }

    /** Whether connections that are made at this moment may log in before a pooler that waits for its clients ends. */
    boolean isInTime() {
        return inTime;
    }

    /** Whether a client may log in that connected in time, or did not. */
    boolean admits(boolean connectedInTime) {
        return admitting || (openToConnected && connectedInTime);
    }

    /** Whether any client may log in at all. */
    public boolean isAdmitting() {
        return admitting;
    }

    /**
     * A client has connected. Gives what the client is told to be its process id, for cancel requests. It is drawn at random,
     * so that it can't be guessed, and is beyond the ids of real processes: {@code pg_terminate_backend} of it hits no session.
     */
    int connected(ClientSession session) {
        connections.incrementAndGet();
        while (true) {
            int id = PeerCancels.draw(peerId, random);
            if (sessions.putIfAbsent(id, session) == null) {
                return id;
            }
        }
    }

    /** A connection is gone. */
    void disconnected(int id, boolean wasAdmitted) {
        sessions.remove(id);
        connections.decrementAndGet();
        if (wasAdmitted) {
            admitted.decrementAndGet();
        }
    }

    /** A client that has connected is at the console from now on. */
    void operatorEntered() {
        operators.incrementAndGet();
    }

    /** A client at the console is gone. */
    void operatorLeft() {
        operators.decrementAndGet();
    }

    /** Whether one more client may be logged in; counts it if so. */
    boolean admit() {
        if (admitted.incrementAndGet() > limit) {
            admitted.decrementAndGet();
            return false;
        }
        return true;
    }

    /** Counts one more client, however many there are. */
    void admitAnyway() {
        admitted.incrementAndGet();
    }

    /** Whether there are as many clients as there may be. */
    boolean isFull() {
        return admitted.get() >= limit;
    }

    /** Connections whose clients have not proved who they are. */
    Strangers<ClientSession> strangers() {
        return strangers;
    }

    /** Clients of each database. */
    ClientCaps databases() {
        return databases;
    }

    /** Clients of each user. */
    ClientCaps users() {
        return users;
    }

    /** Whether there are many more connections than clients may be: room for logins and cancel requests is left. */
    boolean isOverrun() {
        return connections.get() > limit + Math.max(SPARE, limit / 4);
    }

    /** The session that a cancel request is for, if the request has the right key. */
    @Nullable
    ClientSession forCancel(int processId, byte[] secret) {
        ClientSession session = sessions.get(processId);
        CancelKey key = session == null ? null : session.cancelKey();
        return key != null && key.opensWith(secret) ? session : null;
    }

    /** Every client that is connected at this instant. */
    public List<ClientSession> all() {
        return List.copyOf(sessions.values());
    }

    /** Every client that is connected, as operators see them. */
    public CompletableFuture<List<ClientInfo>> view() {
        return LoopSurvey.ask(all(), session -> session.connection().eventLoop(), ClientView::of);
    }

    /** Ends the clients that are not in the middle of something. */
    public CompletableFuture<?> sendIdleAway(CloseReason reason) {
        return sweep(session -> session.dismissal().ifIdle(PoolerError.SHUTDOWN, reason));
    }

    /** Ends the clients between two transactions that keep a server although their pool is not one of sessions. */
    public CompletableFuture<?> sendPinnedAway(CloseReason reason) {
        return sweep(session -> session.dismissal().ifPinned(PoolerError.SHUTDOWN, reason));
    }

    /** Ends the clients of pools that are no longer in the configuration, unless they are in the middle of something. */
    public void sendRemovedAway() {
        var unused = sweep(session ->
                session.dismissal().ifPoolRemoved(PoolerError.DATABASE_REMOVED, CloseReason.DATABASE_REMOVED));
    }

    /** The configuration has changed: it holds for clients that are logged in. All others read it at the end of their login. */
    public void adopt() {
        var unused = sweep(session -> session.timers().adopt());
    }

    /** Clients that are on their way to another event loop are left out. */
    private CompletableFuture<?> sweep(Consumer<ClientSession> broom) {
        return LoopSurvey.ask(all(), session -> session.connection().eventLoop(), session -> {
            if (session.connection().isHere()) {
                broom.accept(session);
            }
            return session;
        });
    }

    /** Ends the clients of a database, or all, but no operators. The clients are told the words that PgBouncer has for that. */
    public void kill(Optional<String> database) {
        sessions.values().stream()
                .filter(session -> !session.isAtConsole())
                .filter(session ->
                        database.isEmpty() || session.identity().database().equals(database.get()))
                .forEach(session -> session.dismissal().kill(PoolerError.DATABASE_REMOVED));
    }

    /** The client with this number or with this process id; process ids are far beyond all numbers. */
    public @Nullable ClientSession find(int id) {
        ClientSession told = sessions.get(id);
        if (told != null) {
            return told;
        }
        return sessions.values().stream()
                .filter(session -> session.id() == id)
                .findFirst()
                .orElse(null);
    }

    /** Connections that are not at the console, logged in or not. */
    public int sizeWithoutOperators() {
        return connections.get() - operators.get();
    }

    /** Connections, logged in or not. */
    public int size() {
        return connections.get();
    }
}
