package dev.pgpool.core.internal.pool;

import dev.pgpool.core.auth.CredentialStore;
import dev.pgpool.core.event.PgPoolListener;
import dev.pgpool.core.internal.cancel.CancelSender;
import dev.pgpool.core.internal.hosts.HostResolver;
import dev.pgpool.core.internal.server.ServerConnector;
import dev.pgpool.core.internal.tls.TlsContexts;
import dev.pgpool.core.internal.transport.LoopTicker;
import io.netty.channel.EventLoop;
import java.util.List;

/**
 * What all pools of a pooler share.
 *
 * @param loops the event loops
 * @param tickers their clocks, in the same order
 * @param connector makes server connections
 * @param cancels cancels what they run
 * @param resolver finds hosts
 * @param credentials knows the secrets of users
 * @param listener hears of servers
 * @param tls how connections to servers are encrypted
 */
public record PoolServices(
        List<EventLoop> loops,
        List<LoopTicker> tickers,
        ServerConnector connector,
        CancelSender cancels,
        HostResolver resolver,
        CredentialStore credentials,
        PgPoolListener listener,
        TlsContexts tls) {
    public PoolServices {
        loops = List.copyOf(loops);
        tickers = List.copyOf(tickers);
    }
}
