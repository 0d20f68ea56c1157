package dev.pgpool.certwatch.internal.probe;

import dev.pgpool.certwatch.config.CertWatchConfig.Probing;
import dev.pgpool.certwatch.finding.Finding;
import dev.pgpool.certwatch.finding.FindingCode;
import dev.pgpool.certwatch.internal.starttls.Negotiation;
import dev.pgpool.certwatch.internal.starttls.NegotiationException;
import dev.pgpool.certwatch.internal.starttls.NegotiationHandler;
import dev.pgpool.certwatch.internal.starttls.Negotiations;
import dev.pgpool.certwatch.internal.starttls.ProxyHeader;
import dev.pgpool.certwatch.target.Endpoint;
import dev.pgpool.certwatch.target.HttpProxy;
import dev.pgpool.certwatch.target.Protocol;
import dev.pgpool.certwatch.target.ProxyProtocol;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.EventLoop;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.ScheduledFuture;
import java.net.InetSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.security.GeneralSecurityException;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * One conversation with one address: tunnel, negotiation, handshake, goodbye. Confined to the event loop of its channel
 * once that is connected; the result is complete when the channel is closed. The TLS handler alone runs on an executor of its
 * own, all of it: Java hands out tasks for most of its arithmetic, but signs for TLS 1.3 in the middle of reading, and
 * BoringSSL hands out none. What comes from there takes the same way back, in order.
 *
 * <pre>
 *   CONNECT ──&gt; [TUNNEL] ──&gt; [NEGOTIATE] ──&gt; HANDSHAKE ──&gt; [VERDICT] ──&gt; GOODBYE ──&gt; closed
 *      └───────────┴──────────────┴──────────────┴──────────────┴── failure or limit ──────^
 * </pre>
 */
final class AddressProbe {

    /** How long we wait for the peer to close, so that what it still sends is not answered by a reset. */
    private static final long GOODBYE_MILLIS = 250;

    /** How long a close may take that has something to say first. */
    private static final long LEAVING_MILLIS = 2_000;

    /** Last in the pipeline, so all that no one reads ends there. */
    private static final String DRAIN = "drain";

    private final Endpoint endpoint;
    private final String address;
    private final Probing limits;
    private final EventExecutor crypto;
    private final OpenTls handlers;
    private final Handshakes handshakes;
    private final @Nullable NativeHandshakes natives;
    private final boolean overhear;
    private final Clock clock;
    private final Capture capture = new Capture();
    private final CompletableFuture<AddressLook> result = new CompletableFuture<>();
    private final long startedNanos = System.nanoTime();

    private @Nullable Channel channel;
    private @Nullable ScheduledFuture<?> limit;
    private @Nullable Finding failure;
    private @Nullable String tlsVersion;
    private @Nullable String cipher;
    private @Nullable Duration clockOffset;
    private long durationNanos = -1;
    private boolean leaving;
    private boolean onTlsExecutor;
    private boolean again;
    private boolean awaitingVerdict;
    private @Nullable SSLEngine nativeEngine;

    AddressProbe(
            Endpoint endpoint,
            String address,
            Probing limits,
            EventExecutor crypto,
            OpenTls handlers,
            Handshakes handshakes,
            @Nullable NativeHandshakes natives,
            boolean overhear,
            Clock clock) {
        this.endpoint = endpoint;
        this.address = address;
        this.limits = limits;
        this.crypto = crypto;
        this.handlers = handlers;
        this.handshakes = handshakes;
        this.natives = natives;
        this.overhear = overhear;
        this.clock = clock;
    }

    CompletableFuture<AddressLook> result() {
        return result;
    }

    /** The connection was not made. May be called on any thread. */
    void onConnectFailed(Throwable cause) {
        fail(Failures.connect(cause, address));
        complete();
    }

    /** The connection is there; called on its event loop. */
    void onConnected(Channel connected) {
        if (leaving) {
            connected.close();
            return;
        }
        channel = connected;
        connected.closeFuture().addListener(closed -> afterTls(connected, this::onClosed));
        connected.pipeline().addLast(DRAIN, new Drain(capture::onBroken, this::onBrokenOff));
        HttpProxy proxy = endpoint.proxy();
        if (proxy == null) {
            negotiate(connected);
            return;
        }
        arm(limits.connectTimeout(), FindingCode.PROXY_FAILED, "no answer of proxy " + proxy + " to CONNECT");
        carryOut(connected, Negotiations.tunnel(proxy, endpoint), failed -> {
            if (failed == null) {
                negotiate(connected);
            } else {
                leaveWith(Finding.of(FindingCode.PROXY_FAILED, failed.finding().message()));
            }
        });
    }

    private void negotiate(Channel connected) {
        sayFromWhere(connected);
        Negotiation negotiation = Negotiations.of(endpoint);
        if (negotiation == null) {
            handshake(connected);
            return;
        }
        arm(
                limits.negotiateTimeout(),
                FindingCode.HANDSHAKE_TIMEOUT,
                "the server never sent " + negotiation.expectation());
        carryOut(connected, negotiation, failed -> {
            if (failed == null) {
                handshake(connected);
            } else {
                leaveWith(failed.finding());
            }
        });
    }

    /** The header goes before all else to the server itself, which a proxy hides from us. */
    private void sayFromWhere(Channel connected) {
        ProxyProtocol version = endpoint.connect().proxyProtocol();
        if (version == null) {
            return;
        }
        ByteBuf header = connected.alloc().buffer();
        if (endpoint.proxy() == null
                && connected.localAddress() instanceof InetSocketAddress from
                && connected.remoteAddress() instanceof InetSocketAddress to) {
            ProxyHeader.write(version, from, to, header);
        } else {
            ProxyHeader.writeUnknown(version, header);
        }
        connected.writeAndFlush(header);
    }

    private static void carryOut(Channel connected, Negotiation negotiation, NegotiationEnd onEnd) {
        connected.pipeline().addBefore(DRAIN, null, new NegotiationHandler(negotiation, onEnd::ended));
        connected.config().setAutoRead(true);
    }

    @FunctionalInterface
    private interface NegotiationEnd {
        void ended(@Nullable NegotiationException failed);
    }

    private void handshake(Channel connected) {
        arm(limits.handshakeTimeout(), FindingCode.HANDSHAKE_TIMEOUT, "the TLS handshake did not end");
        if (overhear) {
            connected
                    .pipeline()
                    .addBefore(DRAIN, null, new Overhearing(out -> handshakes.hello(out, endpoint), this::onOverheard));
            connected.config().setAutoRead(true);
            return;
        }
        EventLoop loop = connected.eventLoop();
        // What a server says must wait for the TLS handler, or it would be lost and the handshake hang.
        connected.config().setAutoRead(false);
        try {
            crypto.execute(() -> begin(connected, loop));
        } catch (RejectedExecutionException e) {
            leaveWith(Finding.of(FindingCode.PROBE_ERROR, "the watch is closing"));
        }
    }

    private void onOverheard(Overhearing.Overheard overheard) {
        if (leaving) {
            return;
        }
        leaving = true;
        disarm();
        tlsVersion = overheard.version().isEmpty() ? null : overheard.version();
        durationNanos = System.nanoTime() - startedNanos;
        capture.onServed(overheard.readable(), null);
        Channel open = channel;
        if (open != null) {
            open.close();
        }
    }

    private void begin(Channel connected, EventLoop loop) {
        SSLEngine fast = null;
        try {
            fast = natives == null ? null : natives.engine(endpoint, capture, connected.alloc());
            SSLEngine engine = fast == null ? handshakes.begin(endpoint, capture) : fast;
            boolean isNative = fast != null;
            loop.execute(() -> onEngine(connected, engine, isNative));
        } catch (RejectedExecutionException e) {
            // The loop has ended, and with it this probe.
            giveUp(fast);
        } catch (GeneralSecurityException | SSLException | RuntimeException e) {
            Finding finding = Finding.of(FindingCode.PROBE_ERROR, "the handshake could not begin: " + e);
            loop.execute(() -> leaveWith(finding));
        }
    }

    private void onEngine(Channel connected, SSLEngine engine, boolean isNative) {
        if (isNative) {
            nativeEngine = engine;
        }
        if (leaving || !connected.isActive()) {
            giveUp(engine);
            return;
        }
        SslHandler tls = handlers.open(connected, engine);
        if (tls == null) {
            leaveWith(Finding.of(FindingCode.PROBE_ERROR, "the watch is closing"));
            return;
        }
        // Our own limit covers the handshake and everything before it in one place.
        tls.setHandshakeTimeoutMillis(0);
        // 31 bytes always find room; a machine too busy to send them in time is no reason to warn and to break off.
        tls.setCloseNotifyFlushTimeoutMillis(0);
        tls.handshakeFuture().addListener((Future<Channel> done) -> {
            SSLSession session = done.isSuccess() ? tls.engine().getSession() : null;
            String protocol = session == null ? "" : session.getProtocol();
            String suite = session == null ? "" : session.getCipherSuite();
            onLoop(connected, () -> onHandshake(tls, protocol, suite, done.cause()));
        });
        onTlsExecutor = true;
        addFirst(connected, tls);
        connected.config().setAutoRead(true);
        // The handler does not begin a handshake that has begun: a flush makes it send the ClientHello.
        connected.flush();
    }

    /** Netty 5 will not have handlers on executors of their own; 4.2 has no other way to keep all of it off the loop. */
    @SuppressWarnings("deprecation")
    private void addFirst(Channel connected, SslHandler tls) {
        connected.pipeline().addFirst(crypto, null, tls);
    }

    /** An engine that no handler will release. */
    private void giveUp(@Nullable SSLEngine engine) {
        if (engine != null) {
            if (natives != null) {
                natives.done(engine);
            }
            ReferenceCountUtil.release(engine);
        }
    }

    private void onHandshake(SslHandler tls, String protocol, String suite, @Nullable Throwable cause) {
        if (leaving) {
            return;
        }
        if (cause != null) {
            again = nativeEngine != null;
            leaveWith(Failures.handshake(cause, endpoint.protocol(), capture, endpoint.client() != null));
            return;
        }
        tlsVersion = protocol.equals("TLSv1") ? "TLS 1.0" : protocol.replace("TLSv", "TLS ");
        cipher = suite;
        durationNanos = System.nanoTime() - startedNanos;
        if (capture.clientCertificateAsked() && endpoint.client() != null && "TLS 1.3".equals(tlsVersion)) {
            // In TLS 1.3 the client is done before the server has looked at its certificate.
            awaitingVerdict = true;
            disarm();
            limit = channelOf(tls).eventLoop().schedule(() -> onAccepted(tls), GOODBYE_MILLIS, TimeUnit.MILLISECONDS);
            return;
        }
        onAccepted(tls);
    }

    private static Channel channelOf(SslHandler tls) {
        return tls.handshakeFuture().getNow();
    }

    /** The server broke off behind the handshake, by an alert or without. */
    private void onBrokenOff(Throwable cause) {
        if (awaitingVerdict && failure == null) {
            fail(Failures.rejected(cause, capture));
        }
    }

    private void onAccepted(SslHandler tls) {
        if (leaving) {
            return;
        }
        if (endpoint.protocol() == Protocol.HTTPS && limits.checkClock()) {
            arm(limits.negotiateTimeout(), null, "");
            tls.handshakeFuture()
                    .getNow()
                    .pipeline()
                    .addBefore(DRAIN, null, new ClockQuestion(endpoint, clock, offset -> {
                        clockOffset = offset;
                        goodbye(tls);
                    }));
            return;
        }
        goodbye(tls);
    }

    /** Says close_notify and lets the peer close, which leaves no line in its log. */
    private void goodbye(SslHandler tls) {
        if (leaving) {
            return;
        }
        leaving = true;
        disarm();
        Channel open = channel;
        if (open == null) {
            return;
        }
        tls.closeOutbound();
        // A server that reads the client certificate late says what it thinks of it before it answers the close_notify.
        long wait = awaitingVerdict ? limits.negotiateTimeout().toMillis() : GOODBYE_MILLIS;
        limit = open.eventLoop().schedule(() -> cut(open), wait, TimeUnit.MILLISECONDS);
    }

    private void leaveWith(Finding finding) {
        fail(finding);
        leaving = true;
        disarm();
        Channel open = channel;
        if (open != null) {
            limit = open.eventLoop().schedule(() -> cut(open), LEAVING_MILLIS, TimeUnit.MILLISECONDS);
            open.close();
        }
    }

    /** Closes without asking the TLS handler, which might wait for a peer that takes nothing. */
    private static void cut(Channel open) {
        ChannelHandlerContext first = open.pipeline().firstContext();
        if (first != null) {
            first.close();
        }
    }

    /** Ends the probe for good; may be called on any thread, also when no connection was made yet. */
    void expire(ChannelFuture connecting) {
        EventLoop loop = connecting.channel().eventLoop();
        try {
            loop.execute(() -> {
                if (channel == null) {
                    fail(Finding.of(FindingCode.CONNECT_TIMEOUT, address + ": not connected within the deadline"));
                    leaving = true;
                    connecting.channel().close();
                    complete();
                } else if (!leaving) {
                    leaveWith(Finding.of(FindingCode.HANDSHAKE_TIMEOUT, "not finished within the deadline"));
                }
            });
        } catch (RejectedExecutionException e) {
            fail(Finding.of(FindingCode.PROBE_ERROR, "the watch is closing"));
            complete();
        }
    }

    /** Lets the TLS handler read first what came before the end. */
    private void afterTls(Channel connected, Runnable task) {
        if (!onTlsExecutor) {
            task.run();
            return;
        }
        try {
            crypto.execute(() -> onLoop(connected, task));
        } catch (RejectedExecutionException e) {
            task.run();
        }
    }

    private static void onLoop(Channel connected, Runnable task) {
        try {
            connected.eventLoop().execute(task);
        } catch (RejectedExecutionException e) {
            // The loop has ended, so no other thread is left that could touch this probe.
            task.run();
        }
    }

    private void onClosed() {
        disarm();
        if (!leaving && awaitingVerdict) {
            onBrokenOff(new ClosedChannelException());
        }
        if (!leaving && durationNanos < 0) {
            again = nativeEngine != null;
            fail(Failures.handshake(
                    new ClosedChannelException(), endpoint.protocol(), capture, endpoint.client() != null));
        }
        complete();
    }

    private void fail(Finding finding) {
        if (failure == null) {
            failure = finding;
            durationNanos = System.nanoTime() - startedNanos;
        }
    }

    /** Ends the present phase after a time: with a finding, or quietly if there is none. */
    private void arm(Duration after, @Nullable FindingCode code, String what) {
        disarm();
        Channel open = channel;
        if (open == null) {
            return;
        }
        limit = open.eventLoop()
                .schedule(
                        () -> {
                            if (code == null) {
                                leaving = true;
                                open.close();
                            } else {
                                leaveWith(Finding.of(code, what + " within " + after.toMillis() + " ms"));
                            }
                        },
                        after.toNanos(),
                        TimeUnit.NANOSECONDS);
    }

    private void disarm() {
        if (limit != null) {
            limit.cancel(false);
            limit = null;
        }
    }

    private void complete() {
        if (natives != null && nativeEngine != null) {
            natives.done(nativeEngine);
        }
        try {
            result.complete(new Outcome(endpoint, address, capture, overhear)
                    .look(
                            failure,
                            tlsVersion,
                            cipher,
                            Duration.ofNanos(Math.max(0, durationNanos)),
                            clockOffset,
                            again));
        } catch (RuntimeException e) {
            // A look that never ends would cost its target all further ones.
            result.completeExceptionally(e);
        }
    }
}
