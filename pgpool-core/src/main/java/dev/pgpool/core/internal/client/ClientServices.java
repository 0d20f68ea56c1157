package dev.pgpool.core.internal.client;

import dev.pgpool.core.config.PgPoolConfig;
import dev.pgpool.core.config.UserConfig;
import dev.pgpool.core.event.PgPoolListener;
import dev.pgpool.core.internal.admin.AdminConsole;
import dev.pgpool.core.internal.cancel.PeerCancels;
import dev.pgpool.core.internal.pool.PoolRegistry;
import dev.pgpool.core.internal.tls.TlsContexts;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.concurrent.Executor;

/**
 * What all clients of a pooler share, under one configuration: a reload makes another.
 *
 * @param config what the pooler was told
 * @param clients the clients that are connected
 * @param pools the pools of servers
 * @param workers where the arithmetic of passwords and handshakes runs, which would hold up an event loop
 * @param random for keys and challenges
 * @param listener hears of clients
 * @param tls how connections are encrypted
 * @param login what logins share
 * @param peers takes cancel requests for clients of other poolers
 * @param console runs the commands of operators
 */
public record ClientServices(
        PgPoolConfig config,
        ClientRegistry clients,
        PoolRegistry pools,
        Executor workers,
        SecureRandom random,
        PgPoolListener listener,
        TlsContexts tls,
        LoginServices login,
        PeerCancels peers,
        AdminConsole console) {

    /** How long a client may ask for nothing outside a transaction; zero for ever. */
    Duration idleTimeout(ClientIdentity client) {
        return config.user(client.user())
                .flatMap(UserConfig::clientIdleTimeout)
                .or(() -> config.database(client.database())
                        .map(database -> database.pool().timeouts().clientIdle()))
                .orElse(Duration.ZERO);
    }
}
