package dev.pgpool.core.internal.fleet;

import dev.pgpool.core.internal.fleet.protocol.Need;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/** The pools of this process that share in a fleet. Called on the event loop of the member. */
public interface FleetClients {
    /**
     * A role and a database of servers, by the names that PostgreSQL knows.
     *
     * @param database its name
     * @param user the role
     */
    record Scope(String database, String user) {}

    /** What clients need now. */
    CompletableFuture<Need> need();

    /** Of which kinds the pools' servers are. */
    Set<Scope> scopes();

    /** There may be a permit for lanes that wait for one. */
    void onPermits();

    /** Idle servers are to be closed, as far as the permits say so. */
    void closeIdle();

    /** Connects that are under way are given up. */
    void abandonConnects();
}
