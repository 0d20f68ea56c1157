package dev.pgpool.core.internal.runtime;

import dev.pgpool.core.config.PeersConfig;
import dev.pgpool.core.internal.admin.AdminConsole;
import dev.pgpool.core.internal.cancel.PeerCancels;
import dev.pgpool.core.internal.client.ClientDeadlines;
import dev.pgpool.core.internal.client.ClientInitializer;
import dev.pgpool.core.internal.pool.PoolRegistry;
import dev.pgpool.core.internal.secrets.AuthQueries;
import dev.pgpool.core.internal.secrets.Secrets;
import dev.pgpool.core.internal.server.ServerConnector;
import dev.pgpool.core.internal.transport.ActiveLoops;
import io.netty.channel.EventLoop;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What exists while the pooler runs.
 *
 * @param loops the event loops
 * @param workers threads for what would hold up an event loop
 * @param pools the servers
 * @param secrets with what clients and we log in
 * @param initializer receives clients
 * @param connector makes server connections
 * @param deadlines of clients that log in, by event loop
 * @param control what operators can do
 * @param console where they do it
 * @param peers makes the way to other poolers, for a configuration
 * @param authQueries makes those of the configuration of the moment, which go on with the connections of those before
 * @param listeners the sockets that clients come in by
 */
record Parts(
        ActiveLoops loops,
        Workers workers,
        PoolRegistry pools,
        Secrets secrets,
        ClientInitializer initializer,
        ServerConnector connector,
        Map<EventLoop, ClientDeadlines> deadlines,
        PoolerControl control,
        AdminConsole console,
        Function<PeersConfig, PeerCancels> peers,
        Function<@Nullable AuthQueries, AuthQueries> authQueries,
        Listeners listeners) {}
