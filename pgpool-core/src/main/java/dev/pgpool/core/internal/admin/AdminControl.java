package dev.pgpool.core.internal.admin;

import dev.pgpool.core.advice.PgPoolAdvice;
import dev.pgpool.core.config.PgPoolConfig;
import dev.pgpool.core.config.Setting;
import dev.pgpool.core.stats.ClientInfo;
import dev.pgpool.core.stats.DnsInfo;
import dev.pgpool.core.stats.FleetInfo;
import dev.pgpool.core.stats.PgPoolSnapshot;
import dev.pgpool.core.stats.ServerInfo;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * What an operator can do with a running pooler; the same for the console and for the host's Java methods.
 *
 * <p>All methods may be called from any thread, event loops among them, and never block. What can't be done completes
 * exceptionally with a {@link ControlException}, whose message is fit for the operator. Where a database is optional, none
 * means all.
 */
public interface AdminControl {

    /** The configuration in force. */
    PgPoolConfig config();

    /** The settings in force, by PgBouncer's names. */
    List<Setting> settings();

    CompletionStage<PgPoolSnapshot> snapshot();

    /** What is advised by what was seen. */
    CompletionStage<PgPoolAdvice> advice();

    CompletionStage<List<ClientInfo>> clients();

    CompletionStage<List<ServerInfo>> servers();

    /** The budgets that are shared with other poolers. */
    CompletionStage<List<FleetInfo>> fleets();

    /** What is known of servers' names. */
    List<DnsInfo> names();

    /** Hands out no servers any more; done when all are back and closed. Undone by {@link #resume}: meanwhile, it fails. */
    CompletionStage<Void> pause(Optional<String> database);

    /** Undoes {@link #pause}, {@link #kill} and {@link #suspend}. */
    CompletionStage<Void> resume(Optional<String> database);

    /** Takes no new clients of a database. */
    CompletionStage<Void> disable(String database);

    /** Undoes {@link #disable}. */
    CompletionStage<Void> enable(String database);

    /** Closes idle servers now, the others when they come back; new ones are made as needed. */
    CompletionStage<Void> reconnect(Optional<String> database);

    /** Closes clients and servers at once, and leaves the database paused. */
    CompletionStage<Void> kill(Optional<String> database);

    /** Closes one client. */
    CompletionStage<Void> killClient(int id);

    /** Hands out no servers any more; done when all are back. They are kept. */
    CompletionStage<Void> suspend();

    /** Done when no server is left that {@link #reconnect} or {@link #reload} has marked. */
    CompletionStage<Void> waitClose(Optional<String> database);

    /** Reads the configuration again, or, where the host has not said where from, what files it names. */
    CompletionStage<Void> reload();

    /**
     * Changes one setting, by PgBouncer's name. Gives what keeps a setting of TLS from being in force yet; nothing if all
     * are.
     */
    CompletionStage<List<String>> set(String key, String value);

    /** Ends the pooler. The caller's own connection may end before it hears that it is done. */
    CompletionStage<Void> shutdown(Shutdown how);

    /** How a pooler ends. */
    enum Shutdown {
        /** At once. */
        IMMEDIATE,
        /** When all servers are given back; clients that wait for one or want one are sent away. */
        WAIT_FOR_SERVERS,
        /** When all clients have left. */
        WAIT_FOR_CLIENTS
    }
}
