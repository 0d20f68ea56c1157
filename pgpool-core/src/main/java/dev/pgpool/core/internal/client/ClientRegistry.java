package dev.pgpool.core.internal.client;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Who is connected. Thread-safe. */
public final class ClientRegistry {
    private static final int SPARE = 100;

    private final int limit;
    private final AtomicInteger nextId = new AtomicInteger();
    private final AtomicInteger connections = new AtomicInteger();
    private final AtomicInteger admitted = new AtomicInteger();
    private final ClientCaps databases = new ClientCaps();
    private final ClientCaps users = new ClientCaps();
    private final Map<Integer, ClientSession> sessions = new ConcurrentHashMap<>();

    /** @param limit clients that may be logged in or logging in at once */
    public ClientRegistry(int limit) {
        this.limit = limit;
    }

    /** Somebody has connected; gives the number that serves as process id for cancel requests. */
    int connected(ClientSession session) {
        connections.incrementAndGet();
        while (true) {
            int id = nextId.incrementAndGet() & Integer.MAX_VALUE;
            if (id != 0 && sessions.putIfAbsent(id, session) == null) {
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

    /** Whether one more client may log in; counts it if so. */
    boolean admit() {
        if (admitted.incrementAndGet() > limit) {
            admitted.decrementAndGet();
            return false;
        }
        return true;
    }

    /** Clients of each database that has a limit. */
    ClientCaps databases() {
        return databases;
    }

    /** Clients of each user that has a limit. */
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

    /** Everybody who is connected at this instant. */
    public List<ClientSession> all() {
        return List.copyOf(sessions.values());
    }

    /** Connections, logged in or not. */
    public int size() {
        return connections.get();
    }
}
