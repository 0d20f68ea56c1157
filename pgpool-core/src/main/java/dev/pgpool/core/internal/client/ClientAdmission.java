package dev.pgpool.core.internal.client;

import dev.pgpool.core.internal.wire.PoolerError;
import org.jspecify.annotations.Nullable;

/** The places that one client takes, where the number of clients is limited. Confined to the client's event loop. */
final class ClientAdmission {
    private final ClientRegistry clients;
    private boolean admitted;
    private @Nullable String database;
    private @Nullable String user;

    ClientAdmission(ClientRegistry clients) {
        this.clients = clients;
    }

    /** It counts as a client from now on, if there is room for one more. */
    boolean admit() {
        admitted = clients.admit();
        return admitted;
    }

    /**
     * It counts as a client of this database and as one who logs in as this user.
     *
     * @param maxOfDatabase 0 for no limit
     * @param maxOfUser 0 for no limit
     * @return why it may not; null if it may
     */
    @Nullable
    PoolerError count(String ofDatabase, int maxOfDatabase, String asUser, int maxOfUser) {
        if (!clients.databases().enter(ofDatabase, maxOfDatabase)) {
            return PoolerError.TOO_MANY_CLIENTS_OF_DATABASE;
        }
        database = ofDatabase;
        if (!clients.users().enter(asUser, maxOfUser)) {
            return PoolerError.TOO_MANY_CLIENTS_OF_USER;
        }
        user = asUser;
        return null;
    }

    /**
     * Whether a client that was counted may still log in, after limits have changed.
     *
     * @param maxOfDatabase 0 for no limit
     * @param maxOfUser 0 for no limit
     * @return why it may not; null if it may
     */
    @Nullable
    PoolerError judge(int maxOfDatabase, int maxOfUser) {
        if (admitted && !clients.isWithinLimit()) {
            return PoolerError.TOO_MANY_CLIENTS;
        }
        if (database != null && !clients.databases().isWithin(database, maxOfDatabase)) {
            return PoolerError.TOO_MANY_CLIENTS_OF_DATABASE;
        }
        return user == null || clients.users().isWithin(user, maxOfUser) ? null : PoolerError.TOO_MANY_CLIENTS_OF_USER;
    }

    /** The client with this number is gone. */
    void end(int id) {
        clients.disconnected(id, admitted);
        if (database != null) {
            clients.databases().leave(database);
        }
        if (user != null) {
            clients.users().leave(user);
        }
    }
}
