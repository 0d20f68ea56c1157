package dev.pgpool.certwatch.internal.probe;

import dev.pgpool.certwatch.config.AddressResolver;
import dev.pgpool.certwatch.config.CertWatchConfig.Probing;
import dev.pgpool.certwatch.finding.Finding;
import dev.pgpool.certwatch.finding.FindingCode;
import dev.pgpool.certwatch.internal.tls.JdkEngines;
import dev.pgpool.certwatch.internal.tls.NativeEngines;
import dev.pgpool.certwatch.internal.tls.TlsHandlers;
import dev.pgpool.certwatch.target.ConnectOptions;
import dev.pgpool.certwatch.target.Endpoint;
import dev.pgpool.certwatch.target.HttpProxy;
import dev.pgpool.certwatch.target.TlsOffer;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.concurrent.EventExecutorGroup;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Probes all addresses of one endpoint at once, under one deadline. Thread-safe. */
final class EndpointProbe implements AutoCloseable {

    private final Probing limits;
    private final AddressResolver resolver;
    private final EventLoopGroup loops;
    private final BlockingCalls blocking;
    private final AddressAttempts.Context attempts;

    EndpointProbe(
            Probing limits,
            Clock clock,
            AddressResolver resolver,
            EventLoopGroup loops,
            EventExecutorGroup crypto,
            BlockingCalls blocking) {
        this.limits = limits;
        this.resolver = resolver;
        this.loops = loops;
        this.blocking = blocking;
        Bootstrap bootstrap = new Bootstrap()
                .group(loops)
                .channel(NioSocketChannel.class)
                // A server may greet before the probe has its handlers in place; each phase turns reading on for
                // itself.
                .option(ChannelOption.AUTO_READ, false)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int)
                        Math.min(Integer.MAX_VALUE, limits.connectTimeout().toMillis()))
                .handler(new Silent());
        this.attempts = new AddressAttempts.Context(
                limits,
                clock,
                bootstrap,
                crypto,
                new TlsHandlers(),
                new JdkEngines(),
                limits.nativeTls() ? NativeEngines.ifAvailable() : null);
    }

    /** Ends handshakes under way; while the event loop and the TLS executors still live. */
    void stop(long limitMillis) {
        attempts.handlers().close(limitMillis);
    }

    @Override
    public void close() {
        if (attempts.natives() != null) {
            attempts.natives().close();
        }
    }

    /** The probe adds its handlers once connected. */
    @Sharable
    private static final class Silent extends ChannelInboundHandlerAdapter {}

    CompletableFuture<ProbeResult> probe(Endpoint endpoint) {
        long started = System.nanoTime();
        HttpProxy proxy = endpoint.proxy();
        String host = proxy == null ? endpoint.host() : proxy.host();
        return (proxy == null && !endpoint.connect().addresses().isEmpty()
                        ? CompletableFuture.completedFuture(given(endpoint.connect()))
                        : addresses(host))
                .handle((found, failed) -> {
                    if (failed != null) {
                        return CompletableFuture.completedFuture(
                                ProbeResult.failed(unresolved(host, proxy != null, failed), since(started)));
                    }
                    return probeAll(endpoint, found, started);
                })
                .thenCompose(probe -> probe);
    }

    private static List<InetAddress> given(ConnectOptions connect) {
        List<InetAddress> addresses = new ArrayList<>();
        for (String address : connect.addresses()) {
            addresses.add(InetAddresses.of(address));
        }
        return addresses;
    }

    private CompletableFuture<List<InetAddress>> addresses(String host) {
        if (JdkEngines.isAddress(host)) {
            return CompletableFuture.completedFuture(List.of(InetAddresses.of(host)));
        }
        return blocking.call(
                "dns:" + host,
                () -> resolver.resolve(host),
                limits.resolveTimeout().toNanos());
    }

    private CompletableFuture<ProbeResult> probeAll(Endpoint endpoint, List<InetAddress> found, long started) {
        HttpProxy proxy = endpoint.proxy();
        List<InetAddress> addresses = List.copyOf(new LinkedHashSet<>(found));
        if (addresses.isEmpty()) {
            return CompletableFuture.completedFuture(ProbeResult.failed(
                    Finding.of(FindingCode.DNS_FAILED, endpoint.host() + " has no address"), since(started)));
        }
        List<InetAddress> tried = addresses.subList(0, Math.min(addresses.size(), limits.maxAddresses()));
        List<CompletableFuture<AddressProbeResult>> results = new ArrayList<>(tried.size());
        List<Runnable> expirations = new ArrayList<>(tried.size());
        for (AddressAttempts one : proxy == null ? direct(endpoint, tried) : through(proxy, endpoint, tried)) {
            results.add(one.probe());
            expirations.add(one::expire);
        }
        long left = Math.max(0, limits.deadline().toNanos() - (System.nanoTime() - started));
        io.netty.util.concurrent.Future<?> deadline =
                loops.next().schedule(() -> expirations.forEach(Runnable::run), left, TimeUnit.NANOSECONDS);
        return CompletableFuture.allOf(results.toArray(new CompletableFuture<?>[0]))
                .thenApply(done -> {
                    deadline.cancel(false);
                    return AddressResults.combine(
                            endpoint,
                            results.stream().map(CompletableFuture::join).toList(),
                            since(started));
                });
    }

    private List<AddressAttempts> direct(Endpoint endpoint, List<InetAddress> addresses) {
        List<AddressAttempts> places = new ArrayList<>();
        for (InetAddress address : addresses) {
            addKinds(
                    endpoint,
                    address.getHostAddress(),
                    List.of(new InetSocketAddress(address, endpoint.port())),
                    places);
        }
        return places;
    }

    /** Through a proxy there is one address to report, whichever of the proxy's addresses is connected. */
    private List<AddressAttempts> through(HttpProxy proxy, Endpoint endpoint, List<InetAddress> addresses) {
        List<AddressAttempts> places = new ArrayList<>();
        List<InetSocketAddress> routes = addresses.stream()
                .map(address -> new InetSocketAddress(address, proxy.port()))
                .toList();
        addKinds(endpoint, "proxy " + proxy, routes, places);
        return places;
    }

    /** Adds attempts for each kind of certificate that is asked for. */
    private void addKinds(
            Endpoint endpoint, String where, List<InetSocketAddress> routes, List<AddressAttempts> places) {
        ConnectOptions connect = endpoint.connect();
        List<TlsOffer> offers = connect.offer().handshakes();
        for (TlsOffer offer : offers) {
            String shown = offers.size() == 1 ? where : where + " " + offer.keys();
            places.add(new AddressAttempts(attempts, endpoint.connecting(connect.withOffer(offer)), shown, routes));
        }
    }

    private static Finding unresolved(String host, boolean proxy, Throwable failed) {
        Throwable cause =
                failed instanceof CompletionException && failed.getCause() != null ? failed.getCause() : failed;
        String why = cause instanceof UnknownHostException
                ? host + ": unknown host"
                : cause instanceof TimeoutException
                        ? host + ": no answer of the name service" + detail(cause)
                        : host + ": " + cause;
        return Finding.of(proxy ? FindingCode.PROXY_FAILED : FindingCode.DNS_FAILED, why);
    }

    private static String detail(Throwable cause) {
        @Nullable String message = cause.getMessage();
        return message == null ? " within the limit" : " (" + message + ")";
    }

    private static Duration since(long started) {
        return Duration.ofNanos(System.nanoTime() - started);
    }
}
