package dev.pgpool.certwatch.internal.probe;

import dev.pgpool.certwatch.config.CertWatchConfig.Probing;
import dev.pgpool.certwatch.finding.Finding;
import dev.pgpool.certwatch.internal.tls.EngineOffer;
import dev.pgpool.certwatch.internal.tls.JdkEngines;
import dev.pgpool.certwatch.internal.tls.NativeEngines;
import dev.pgpool.certwatch.internal.tls.TlsClient;
import dev.pgpool.certwatch.internal.tls.TlsHandlers;
import dev.pgpool.certwatch.target.Endpoint;
import dev.pgpool.certwatch.target.TlsOffer;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.ChannelFuture;
import io.netty.util.concurrent.EventExecutorGroup;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The attempts at one address, until one shows the chain: with the native engine if there is one, then with Java's, and if neither can
 * use what the server sends, by reading the plaintext of the handshake. Confined to no thread: its steps follow each other.
 */
final class AddressAttempts {

    private final Context context;
    private final Endpoint endpoint;
    private final String shown;
    private final List<InetSocketAddress> routes;
    private volatile Runnable expiration = () -> {};
    private volatile boolean expired;

    /**
     * What attempts are made with.
     *
     * @param natives absent to use Java's engines only
     */
    record Context(
            Probing limits,
            Clock clock,
            Bootstrap bootstrap,
            EventExecutorGroup crypto,
            TlsHandlers handlers,
            JdkEngines jdk,
            @Nullable NativeEngines natives) {}

    /**
     * Attempts at one address.
     *
     * @param shown the address in reports
     * @param routes where to connect to; the first that can be connected counts
     */
    AddressAttempts(Context context, Endpoint endpoint, String shown, List<InetSocketAddress> routes) {
        this.context = context;
        this.endpoint = endpoint;
        this.shown = shown;
        this.routes = routes;
    }

    CompletableFuture<AddressProbeResult> probe() {
        return probe(0);
    }

    private CompletableFuture<AddressProbeResult> probe(int route) {
        return attempt(endpoint, routes.get(route), context.natives(), false).thenCompose(probe -> {
            Finding failure = probe.result().failure();
            if (failure != null
                    && AddressResults.isConnectFailure(failure.code())
                    && route + 1 < routes.size()
                    && !expired) {
                return probe(route + 1);
            }
            return (probe.again() && !expired
                            ? attempt(endpoint, routes.get(route), null, false)
                            : CompletableFuture.completedFuture(probe))
                    .thenCompose(last -> byCipherSuites(last, routes.get(route)))
                    .thenCompose(last -> inPlaintext(last, routes.get(route)));
        });
    }

    /** A kind of certificate that the server refused to show is asked for again, by cipher suites. */
    private CompletableFuture<AddressProbeResult> byCipherSuites(AddressProbeResult probe, InetSocketAddress address) {
        Finding failure = probe.result().failure();
        TlsOffer second = EngineOffer.second(endpoint.connect().offer());
        if (failure == null || !AddressResults.isNoSuchKind(failure) || second == null || expired) {
            return CompletableFuture.completedFuture(probe);
        }
        Endpoint asked = endpoint.connecting(endpoint.connect().withOffer(second));
        return attempt(asked, address, null, false)
                .thenApply(again -> again.result().failure() == null ? again : probe);
    }

    /** Where no engine here can use what the server sends, its plaintext is read, unless the target says what is to be offered. */
    private CompletableFuture<AddressProbeResult> inPlaintext(AddressProbeResult probe, InetSocketAddress address) {
        return probe.mayBeReadInPlaintext()
                        && !expired
                        && endpoint.connect().offer().equals(TlsOffer.ANY)
                ? attempt(endpoint, address, null, true).thenApply(probe::withPlaintext)
                : CompletableFuture.completedFuture(probe);
    }

    private CompletableFuture<AddressProbeResult> attempt(
            Endpoint asked, InetSocketAddress address, @Nullable NativeEngines engines, boolean plaintext) {
        AddressProbe probe = new AddressProbe(
                asked,
                shown,
                context.limits(),
                new TlsClient.Means(context.crypto().next(), context.handlers(), context.jdk(), engines),
                plaintext,
                context.clock());
        ChannelFuture connecting = context.bootstrap().connect(address);
        expiration = () -> probe.expire(connecting);
        connecting.addListener(done -> {
            if (done.isSuccess()) {
                probe.onConnected(connecting.channel());
            } else {
                probe.onConnectFailed(done.cause());
            }
        });
        if (expired) {
            expiration.run();
        }
        return probe.result();
    }

    /** The deadline is over; may be called on any thread. */
    void expire() {
        expired = true;
        expiration.run();
    }
}
