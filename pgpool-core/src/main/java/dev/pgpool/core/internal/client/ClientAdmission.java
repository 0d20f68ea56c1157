package dev.pgpool.core.internal.client;

import dev.pgpool.core.internal.transport.InProcess;
import dev.pgpool.core.internal.wire.PoolerError;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * The places that one client takes where the number of clients is limited. Until a client has proved who it is, it is a
 * stranger: it takes no place of a database or a user, since any client can say a name. Confined to the client's event loop.
 */
final class ClientAdmission {
    /** The one name under which its clients are counted, whichever of its names they used. */
    private static final String CONSOLE = "pgbouncer";

    private final ClientRegistry clients;
    private @Nullable ClientSession stranger;
    private boolean admitted;
    private @Nullable String database;
    private @Nullable String user;

    ClientAdmission(ClientRegistry clients) {
        this.clients = clients;
    }

    /**
     * The client has connected.
     *
     * @param from null where the transport does not know it of a unix socket
     * @return whether there is room, maybe made by the end of another stranger
     */
    boolean begin(ClientSession session, @Nullable SocketAddress from) {
        if (InProcess.is(from)) {
            // the host knows who it is
            return true;
        }
        stranger = session;
        clients.strangers().add(session, from);
        if (!clients.isOverrun()) {
            return true;
        }
        ClientSession leaves = clients.strangers().mostExpendable();
        if (leaves == null || leaves == session) {
            return false;
        }
        leaves.dismissal().makeRoom();
        return true;
    }

    /** The client is no stranger any more: it has proved who it is, or has brought a cancel request with the right key. */
    void known() {
        ClientSession was = stranger;
        stranger = null;
        if (was != null) {
            clients.strangers().remove(was);
        }
    }

    /**
     * The client has proved who it is: from now on it counts as a client, of this database and of this user.
     *
     * @param maxOfDatabase 0 for no limit
     * @param maxOfUser 0 for no limit
     * @return why it may not; null if it may
     */
    @Nullable
    PoolerError admit(String ofDatabase, int maxOfDatabase, String asUser, int maxOfUser) {
        known();
        admitted = clients.admit();
        if (!admitted) {
            return PoolerError.TOO_MANY_CLIENTS;
        }
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
     * The client has proved to be an operator: it counts as a client, too, but is let in even if there are too many clients.
     *
     * @param maxOfConsole 0 for no limit
     * @param maxOfUser 0 for no limit
     * @return why it may not; null if it may
     */
    @Nullable
    PoolerError admitOperator(int maxOfConsole, String asUser, int maxOfUser) {
        known();
        admitted = true;
        clients.admitAnyway();
        if (!clients.databases().enter(CONSOLE, maxOfConsole)) {
            return PoolerError.TOO_MANY_CLIENTS_OF_DATABASE;
        }
        database = CONSOLE;
        if (!clients.users().enter(asUser, maxOfUser)) {
            return PoolerError.TOO_MANY_CLIENTS_OF_USER;
        }
        user = asUser;
        return null;
    }

    /** The client is gone. */
    void end(int processId) {
        known();
        clients.disconnected(processId, admitted);
        if (database != null) {
            clients.databases().leave(database);
        }
        if (user != null) {
            clients.users().leave(user);
        }
    }
}
