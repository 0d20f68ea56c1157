package dev.pgpool.certwatch.internal.probe;

import dev.pgpool.certwatch.config.AddressResolver;
import dev.pgpool.certwatch.config.CertWatchConfig.Probing;
import dev.pgpool.certwatch.finding.Finding;
import dev.pgpool.certwatch.finding.FindingCode;
import dev.pgpool.certwatch.finding.Severity;
import dev.pgpool.certwatch.report.AddressResult;
import dev.pgpool.certwatch.target.ConnectOptions;
import dev.pgpool.certwatch.target.Endpoint;
import dev.pgpool.certwatch.target.HttpProxy;
import dev.pgpool.certwatch.target.TlsOffer;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.ChannelFuture;
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
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Looks at all addresses of one endpoint at once, under one deadline. Thread-safe. */
final class EndpointProbe implements AutoCloseable {

    private final Probing limits;
    private final Clock clock;
    private final AddressResolver resolver;
    private final EventLoopGroup loops;
    private final EventExecutorGroup crypto;
    private final BlockingCalls blocking;
    private final OpenTls open = new OpenTls();
    private final Handshakes handshakes = new Handshakes();
    private final @Nullable NativeHandshakes natives;
    private final Bootstrap bootstrap;

    EndpointProbe(
            Probing limits,
            Clock clock,
            AddressResolver resolver,
            EventLoopGroup loops,
            EventExecutorGroup crypto,
            BlockingCalls blocking) {
        this.limits = limits;
        this.clock = clock;
        this.resolver = resolver;
        this.loops = loops;
        this.crypto = crypto;
        this.blocking = blocking;
        this.natives = limits.nativeTls() ? NativeHandshakes.ifAvailable() : null;
        this.bootstrap = new Bootstrap()
                .group(loops)
                .channel(NioSocketChannel.class)
                // A server may greet before the probe has its handlers in place; each phase turns reading on for
                // itself.
                .option(ChannelOption.AUTO_READ, false)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int)
                        Math.min(Integer.MAX_VALUE, limits.connectTimeout().toMillis()))
                .handler(new Silent());
    }

    /** Ends handshakes under way; while the event loop and the TLS executors still live. */
    void stop(long limitMillis) {
        open.close(limitMillis);
    }

    @Override
    public void close() {
        if (natives != null) {
            natives.close();
        }
    }

    /** The probe adds its handlers once connected. */
    @Sharable
    private static final class Silent extends ChannelInboundHandlerAdapter {}

    CompletableFuture<Look> look(Endpoint endpoint) {
        long started = System.nanoTime();
        HttpProxy proxy = endpoint.proxy();
        String host = proxy == null ? endpoint.host() : proxy.host();
        return (proxy == null && !endpoint.connect().addresses().isEmpty()
                        ? CompletableFuture.completedFuture(given(endpoint.connect()))
                        : addresses(host))
                .handle((found, failed) -> {
                    if (failed != null) {
                        return CompletableFuture.completedFuture(
                                Look.failed(unresolved(host, proxy != null, failed), since(started)));
                    }
                    return probeAll(endpoint, found, started);
                })
                .thenCompose(look -> look);
    }

    private static List<InetAddress> given(ConnectOptions connect) {
        List<InetAddress> addresses = new ArrayList<>();
        for (String address : connect.addresses()) {
            addresses.add(InetAddresses.of(address));
        }
        return addresses;
    }

    private CompletableFuture<List<InetAddress>> addresses(String host) {
        if (Handshakes.isAddress(host)) {
            return CompletableFuture.completedFuture(List.of(InetAddresses.of(host)));
        }
        return blocking.call(
                "dns:" + host,
                () -> resolver.resolve(host),
                limits.resolveTimeout().toNanos());
    }

    private CompletableFuture<Look> probeAll(Endpoint endpoint, List<InetAddress> found, long started) {
        HttpProxy proxy = endpoint.proxy();
        List<InetAddress> addresses = List.copyOf(new LinkedHashSet<>(found));
        if (addresses.isEmpty()) {
            return CompletableFuture.completedFuture(Look.failed(
                    Finding.of(FindingCode.DNS_FAILED, endpoint.host() + " has no address"), since(started)));
        }
        List<InetAddress> tried = addresses.subList(0, Math.min(addresses.size(), limits.maxAddresses()));
        List<CompletableFuture<AddressLook>> results = new ArrayList<>(tried.size());
        List<Runnable> expirations = new ArrayList<>(tried.size());
        for (OneAddress one : proxy == null ? direct(endpoint, tried) : through(proxy, endpoint, tried)) {
            results.add(one.look());
            expirations.add(one::expire);
        }
        long left = Math.max(0, limits.deadline().toNanos() - (System.nanoTime() - started));
        io.netty.util.concurrent.Future<?> deadline =
                loops.next().schedule(() -> expirations.forEach(Runnable::run), left, TimeUnit.NANOSECONDS);
        return CompletableFuture.allOf(results.toArray(new CompletableFuture<?>[0]))
                .thenApply(done -> {
                    deadline.cancel(false);
                    return combine(
                            endpoint,
                            results.stream().map(CompletableFuture::join).toList(),
                            since(started));
                });
    }

    private List<OneAddress> direct(Endpoint endpoint, List<InetAddress> addresses) {
        List<OneAddress> places = new ArrayList<>();
        for (InetAddress address : addresses) {
            addKinds(
                    endpoint,
                    address.getHostAddress(),
                    List.of(new InetSocketAddress(address, endpoint.port())),
                    places);
        }
        return places;
    }

    /** The target has one place as seen through a proxy, whichever of the proxy's addresses leads there. */
    private List<OneAddress> through(HttpProxy proxy, Endpoint endpoint, List<InetAddress> addresses) {
        List<OneAddress> places = new ArrayList<>();
        List<InetSocketAddress> ways = addresses.stream()
                .map(address -> new InetSocketAddress(address, proxy.port()))
                .toList();
        addKinds(endpoint, "proxy " + proxy, ways, places);
        return places;
    }

    /** One place for each kind of certificate that is asked for. */
    private void addKinds(Endpoint endpoint, String where, List<InetSocketAddress> ways, List<OneAddress> places) {
        ConnectOptions connect = endpoint.connect();
        List<TlsOffer> offers = connect.offer().handshakes();
        for (TlsOffer offer : offers) {
            String shown = offers.size() == 1 ? where : where + " " + offer.keys();
            places.add(new OneAddress(endpoint.connecting(connect.withOffer(offer)), shown, ways));
        }
    }

    /**
     * One place to look at, by the native engine first if there is one, then by Java's, and if neither can use what the server sends, by
     * listening to what it shows. Confined to no thread: its steps follow each other.
     */
    private final class OneAddress {

        private final Endpoint endpoint;
        private final String shown;
        private final List<InetSocketAddress> ways;
        private volatile Runnable expiration = () -> {};
        private volatile boolean expired;

        /** Of several ways the first that can be connected counts. */
        OneAddress(Endpoint endpoint, String shown, List<InetSocketAddress> ways) {
            this.endpoint = endpoint;
            this.shown = shown;
            this.ways = ways;
        }

        CompletableFuture<AddressLook> look() {
            return look(0);
        }

        private CompletableFuture<AddressLook> look(int way) {
            return attempt(endpoint, ways.get(way), natives, false).thenCompose(look -> {
                Finding failure = look.result().failure();
                if (failure != null && isConnectFailure(failure.code()) && way + 1 < ways.size() && !expired) {
                    return look(way + 1);
                }
                return (look.again() && !expired
                                ? attempt(endpoint, ways.get(way), null, false)
                                : CompletableFuture.completedFuture(look))
                        .thenCompose(last -> byCipherSuites(last, ways.get(way)))
                        .thenCompose(last -> overheard(last, ways.get(way)));
            });
        }

        /** A kind of certificate that the server refused to show is asked for in the second way that there is. */
        private CompletableFuture<AddressLook> byCipherSuites(AddressLook look, InetSocketAddress address) {
            Finding failure = look.result().failure();
            TlsOffer second = Offers.second(endpoint.connect().offer());
            if (failure == null || !isNoSuchKind(failure) || second == null || expired) {
                return CompletableFuture.completedFuture(look);
            }
            Endpoint asked = endpoint.connecting(endpoint.connect().withOffer(second));
            return attempt(asked, address, null, false)
                    .thenApply(again -> again.result().failure() == null ? again : look);
        }

        /** What no engine here can use is listened to, unless the target says what is to be offered. */
        private CompletableFuture<AddressLook> overheard(AddressLook look, InetSocketAddress address) {
            return look.mayBeOverheard()
                            && !expired
                            && endpoint.connect().offer().equals(TlsOffer.ANY)
                    ? attempt(endpoint, address, null, true).thenApply(look::withOverheard)
                    : CompletableFuture.completedFuture(look);
        }

        private CompletableFuture<AddressLook> attempt(
                Endpoint asked, InetSocketAddress address, @Nullable NativeHandshakes engines, boolean overhear) {
            AddressProbe probe =
                    new AddressProbe(asked, shown, limits, crypto.next(), open, handshakes, engines, overhear, clock);
            ChannelFuture connecting = bootstrap.connect(address);
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

        void expire() {
            expired = true;
            expiration.run();
        }
    }

    private static Look combine(Endpoint endpoint, List<AddressLook> looks, Duration duration) {
        List<ServedChain> chains = new ArrayList<>();
        List<AddressResult> results = new ArrayList<>();
        Map<String, Finding> findings = new LinkedHashMap<>();
        Duration offset = null;
        boolean anyServed = looks.stream().anyMatch(look -> look.served() != null);
        for (AddressLook look : looks) {
            AddressResult result = look.result();
            results.add(result);
            if (look.served() != null) {
                chains.add(look.served());
            }
            if (offset == null) {
                offset = look.clockOffset();
            }
            look.notes().forEach(note -> findings.putIfAbsent(note.code().name(), note));
            Finding failure = result.failure();
            if (failure != null) {
                Finding finding = forAll(endpoint, failure, result.address(), anyServed && look.served() == null);
                findings.putIfAbsent(
                        finding.code() == FindingCode.ADDRESS_UNREACHABLE
                                        || finding.code() == FindingCode.CERTIFICATE_KIND_MISSING
                                ? finding.code() + result.address()
                                : finding.code().name(),
                        finding);
            }
        }
        return new Look(chains, List.copyOf(findings.values()), results, null, offset, duration);
    }

    /** What the failure of one address means for the target. */
    private static Finding forAll(Endpoint endpoint, Finding failure, String address, boolean othersServe) {
        if (endpoint.proxy() != null && isConnectFailure(failure.code())) {
            return Finding.of(FindingCode.PROXY_FAILED, failure.message());
        }
        if (!endpoint.connect().offer().keys().isEmpty() && isNoSuchKind(failure)) {
            Finding missing = Finding.of(
                    FindingCode.CERTIFICATE_KIND_MISSING,
                    address + ": no certificate of this kind could be had: " + failure.message());
            return othersServe ? missing : missing.withSeverity(Severity.CRITICAL);
        }
        if (!othersServe) {
            return failure;
        }
        Finding unreachable = Finding.of(
                FindingCode.ADDRESS_UNREACHABLE,
                failure.message().startsWith(address) ? failure.message() : address + ": " + failure.message());
        // A machine without IPv6 says nothing about the server.
        boolean noRoute = failure.code() == FindingCode.CONNECT_FAILED && address.indexOf(':') >= 0;
        return noRoute ? unreachable.withSeverity(Severity.INFO) : unreachable;
    }

    private static boolean isNoSuchKind(Finding failure) {
        return failure.code() == FindingCode.HANDSHAKE_ALERT || failure.code() == FindingCode.PROTOCOL_TOO_OLD;
    }

    private static boolean isConnectFailure(FindingCode code) {
        return code == FindingCode.CONNECT_FAILED
                || code == FindingCode.CONNECT_REFUSED
                || code == FindingCode.CONNECT_TIMEOUT;
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
