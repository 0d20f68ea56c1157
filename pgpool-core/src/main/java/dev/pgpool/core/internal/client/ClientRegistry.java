package dev.pgpool.core.internal.client;

import dev.pgpool.core.event.CloseReason;
import dev.pgpool.core.internal.cancel.CancelKey;
import dev.pgpool.core.internal.cancel.PeerCancels;
import dev.pgpool.core.internal.transport.ConnectionNumbers;
import dev.pgpool.core.internal.transport.LoopSurvey;
import dev.pgpool.core.internal.wire.PoolerError;
import dev.pgpool.core.stats.ClientInfo;
import java.security.SecureRandom;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Who is connected. Thread-safe. */
public final class ClientRegistry {
    private static final int SPARE = 100;

    private final int peerId;
    private volatile int limit;
    private volatile boolean admitting = true;
    /** Whether those who are connected may still log in. */
    private volatile boolean openToConnected = true;
    /** Whether connections that are made now come in time. */
    private volatile boolean inTime = true;

    private final SecureRandom random = new SecureRandom();
    private final AtomicInteger connections = new AtomicInteger();
    private final AtomicInteger admitted = new AtomicInteger();
    private final AtomicInteger operators = new AtomicInteger();
    private final ClientCaps databases = new ClientCaps();
    private final ClientCaps users = new ClientCaps();
    private final Strangers<ClientSession> strangers = new Strangers<>();
    private final ConnectionNumbers numbers = new ConnectionNumbers();
    /** By what serves as their process ids. */
    private final Map<Integer, ClientSession> sessions = new ConcurrentHashMap<>();

    /**
     * @param limit clients that may be logged in at once
     * @param peerId which of several poolers this is; 0 if it is alone
     */
    public ClientRegistry(int limit, int peerId) {
        this.limit = limit;
        this.peerId = peerId;
    }

    /** Where connections get their numbers from. */
    public ConnectionNumbers numbers() {
        return numbers;
    }

    /** How many clients there may be from now on; those who are here stay. */
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

    /** The TCP listeners are closed and have accepted all that had reached them: who connects now comes too late. */
    public void doorsClosed() {
        inTime = false;
    }

    /** Whether connections that are made at this moment may log in before a pooler that waits for its clients ends. */
    boolean isInTime() {
        return inTime;
    }

    /** Whether a client may log in, which connected in time or not. */
    boolean admits(boolean connectedInTime) {
        return admitting || (openToConnected && connectedInTime);
    }

    /** Whether any client may log in at all. */
    public boolean isAdmitting() {
        return admitting;
    }

    /**
     * A client has connected; gives what serves as process id for cancel requests: drawn at random, so that it
     * can't be guessed, and beyond the ids of real processes, so that no other session is hit by what is done to it.
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

    /** One of them is at the console from now on. */
    void operatorEntered() {
        operators.incrementAndGet();
    }

    /** One of those at the console is gone. */
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
        return LoopSurvey.ask(all(), session -> session.channel().eventLoop(), ClientView::of);
    }

    /** Tells those goodbye who are not in the middle of something. */
    public CompletableFuture<?> sendIdleAway(CloseReason reason) {
        return sweep(session -> session.leaveIfIdle(PoolerError.SHUTDOWN, reason));
    }

    /** Tells those goodbye who keep a server, though they are between two transactions of a pool that goes by these. */
    public CompletableFuture<?> sendPinnedAway(CloseReason reason) {
        return sweep(session -> session.leaveIfPinned(PoolerError.SHUTDOWN, reason));
    }

    /** Tells those goodbye who are of pools that the configuration has no place for, unless they are in the middle of something. */
    public void sendRemovedAway() {
        var unused = sweep(session -> {
            if (session.isOfRemovedPool()) {
                session.leaveIfIdle(PoolerError.DATABASE_REMOVED, CloseReason.DATABASE_REMOVED);
            }
        });
    }

    /** The configuration has changed: those who are logged in go by it. The others find out when they are. */
    public void adopt() {
        var unused = sweep(ClientSession::adopt);
    }

    /** Those who are on their way to another event loop are left for the next time. */
    private CompletableFuture<?> sweep(Consumer<ClientSession> broom) {
        return LoopSurvey.ask(all(), session -> session.channel().eventLoop(), session -> {
            if (session.channel().eventLoop().inEventLoop() && session.channel().isRegistered()) {
                broom.accept(session);
            }
            return session;
        });
    }

    /** Ends the clients of a database, or all, but no operators; they hear PgBouncer's words for that. */
    public void kill(Optional<String> database) {
        sessions.values().stream()
                .filter(session -> !session.isAtConsole())
                .filter(session ->
                        database.isEmpty() || session.identity().database().equals(database.get()))
                .forEach(session -> session.kill(PoolerError.DATABASE_REMOVED));
    }

    /** The client with this number, or the one that was told this to be its process id: that is far beyond all numbers. */
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

    /** The same without those who are at the console. */
    public int sizeWithoutOperators() {
        return connections.get() - operators.get();
    }

    /** Connections, logged in or not. */
    public int size() {
        return connections.get();
    }
}
