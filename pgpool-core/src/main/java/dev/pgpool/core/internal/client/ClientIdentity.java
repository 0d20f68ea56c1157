package dev.pgpool.core.internal.client;

/** Who a client says it is, and whether that is proven. Confined to the client's event loop. */
final class ClientIdentity {
    private String user = "";
    private String database = "";
    private boolean loggedIn;

    /** The client has said who it is. */
    void introduced(String asUser, String toDatabase) {
        user = asUser;
        database = toDatabase;
    }

    /** Login is over. */
    void loggedIn() {
        loggedIn = true;
    }

    /** Empty before the client has named one. */
    String user() {
        return user;
    }

    /** As the client names it; empty before that. */
    String database() {
        return database;
    }

    boolean isLoggedIn() {
        return loggedIn;
    }
}
