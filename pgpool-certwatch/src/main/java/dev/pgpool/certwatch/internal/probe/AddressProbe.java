package dev.pgpool.certwatch.internal.probe;

import dev.pgpool.certwatch.config.CertWatchConfig.Probing;
import dev.pgpool.certwatch.finding.Finding;
import dev.pgpool.certwatch.finding.FindingCode;
import dev.pgpool.certwatch.internal.starttls.Negotiation;
import dev.pgpool.certwatch.internal.starttls.NegotiationException;
import dev.pgpool.certwatch.internal.starttls.NegotiationHandler;
import dev.pgpool.certwatch.internal.starttls.Negotiations;
import dev.pgpool.certwatch.internal.starttls.ProxyHeader;
import dev.pgpool.certwatch.internal.tls.HandshakeCapture;
import dev.pgpool.certwatch.internal.tls.PlaintextHandshake;
import dev.pgpool.certwatch.internal.tls.TlsClient;
import dev.pgpool.certwatch.target.Endpoint;
import dev.pgpool.certwatch.target.HttpProxy;
import dev.pgpool.certwatch.target.Protocol;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.EventLoop;
import io.netty.handler.ssl.SslHandler;
import java.nio.channels.ClosedChannelException;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * One conversation with one address: tunnel, negotiation, handshake, close. Confined to the event loop of its channel
 * once that is connected; the result is complete when the channel is closed. The TLS handler alone runs on another thread, see
 * {@link TlsClient}.
 *
 * <pre>
 *   CONNECT ──&gt; [TUNNEL] ──&gt; [NEGOTIATE] ──&gt; HANDSHAKE ──&gt; [VERDICT] ──&gt; CLOSE ──&gt; closed
 *      └───────────┴──────────────┴──────────────┴──────────────┴── failure or limit ────^
 * </pre>
 */
final class AddressProbe implements TlsClient.Listener {

    /** How long we wait for the peer to close, so that what it still sends is not answered by a reset. */
    private static final long CLOSE_NOTIFY_MILLIS = 250;

    /** How long a close may take that has something to say first. */
    private static final long LEAVING_MILLIS = 2_000;

    /** Last in the pipeline: what no other handler reads ends there. */
    private static final String DRAIN = "drain";

    private final Endpoint endpoint;
    private final String address;
    private final Probing limits;
    private final TlsClient.Means means;
    private final TlsClient tls;
    private final boolean plaintext;
    private final Clock clock;
    private final HandshakeCapture capture = new HandshakeCapture();
    private final CompletableFuture<AddressProbeResult> result = new CompletableFuture<>();
    private final long startedNanos = System.nanoTime();

    private @Nullable Channel channel;
    private final PhaseLimit limit = new PhaseLimit();
    private @Nullable Finding failure;
    private @Nullable String tlsVersion;
    private @Nullable String cipher;
    private @Nullable Duration clockOffset;
    private long durationNanos = -1;
    private boolean leaving;
    private boolean again;
    private boolean awaitingVerdict;

    AddressProbe(
            Endpoint endpoint, String address, Probing limits, TlsClient.Means means, boolean plaintext, Clock clock) {
        this.endpoint = endpoint;
        this.address = address;
        this.limits = limits;
        this.means = means;
        this.tls = new TlsClient(endpoint, capture, means, this);
        this.plaintext = plaintext;
        this.clock = clock;
    }

    CompletableFuture<AddressProbeResult> result() {
        return result;
    }

    /** The connection was not made. May be called on any thread. */
    void onConnectFailed(Throwable cause) {
        fail(FailureFindings.connect(cause, address));
        complete();
    }

    /** The connection is there; called on its event loop. */
    void onConnected(Channel connected) {
        if (leaving) {
            connected.close();
            return;
        }
        channel = connected;
        connected.closeFuture().addListener(closed -> tls.afterReading(connected, this::onClosed));
        connected.pipeline().addLast(DRAIN, new PipelineTail(capture::onBroken, this::onBrokenOff));
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
        ProxyHeader.send(endpoint, connected);
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
        if (plaintext) {
            connected
                    .pipeline()
                    .addBefore(
                            DRAIN,
                            null,
                            new PlaintextHandshake(out -> means.jdk().hello(out, endpoint), this::onPlaintext));
            connected.config().setAutoRead(true);
            return;
        }
        tls.start(connected);
    }

    private void onPlaintext(PlaintextHandshake.ShownChain inPlaintext) {
        if (leaving) {
            return;
        }
        leaving = true;
        limit.end();
        tlsVersion = inPlaintext.version().isEmpty() ? null : inPlaintext.version();
        durationNanos = System.nanoTime() - startedNanos;
        capture.onServed(inPlaintext.readable(), null);
        Channel open = channel;
        if (open != null) {
            open.close();
        }
    }

    @Override
    public boolean isLeaving() {
        return leaving;
    }

    @Override
    public void onTlsFailed(Finding why) {
        leaveWith(why);
    }

    @Override
    public void onHandshake(SslHandler handler, String protocol, String suite, @Nullable Throwable cause) {
        if (leaving) {
            return;
        }
        if (cause != null) {
            again = tls.isNative();
            leaveWith(FailureFindings.handshake(cause, endpoint.protocol(), capture, endpoint.client() != null));
            return;
        }
        tlsVersion = protocol.equals("TLSv1") ? "TLS 1.0" : protocol.replace("TLSv", "TLS ");
        cipher = suite;
        durationNanos = System.nanoTime() - startedNanos;
        if (capture.clientCertificateAsked() && endpoint.client() != null && "TLS 1.3".equals(tlsVersion)) {
            // In TLS 1.3 the client is done before the server has looked at its certificate.
            awaitingVerdict = true;
            limit.end();
            limit.set(
                    channelOf(handler).eventLoop(), Duration.ofMillis(CLOSE_NOTIFY_MILLIS), () -> onAccepted(handler));
            return;
        }
        onAccepted(handler);
    }

    private static Channel channelOf(SslHandler handler) {
        return handler.handshakeFuture().getNow();
    }

    /** The server broke off behind the handshake, by an alert or without. */
    private void onBrokenOff(Throwable cause) {
        if (awaitingVerdict && failure == null) {
            fail(FailureFindings.rejected(cause, capture));
        }
    }

    private void onAccepted(SslHandler handler) {
        if (leaving) {
            return;
        }
        if (endpoint.protocol() == Protocol.HTTPS && limits.checkClock()) {
            arm(limits.negotiateTimeout(), null, "");
            handler.handshakeFuture()
                    .getNow()
                    .pipeline()
                    .addBefore(DRAIN, null, new ServerTimeRequest(endpoint, clock, offset -> {
                        clockOffset = offset;
                        closeTls(handler);
                    }));
            return;
        }
        closeTls(handler);
    }

    /** Says close_notify and lets the peer close, which leaves no line in its log. */
    private void closeTls(SslHandler handler) {
        if (leaving) {
            return;
        }
        leaving = true;
        limit.end();
        Channel open = channel;
        if (open == null) {
            return;
        }
        handler.closeOutbound();
        // A server that reads the client certificate late says what it thinks of it before it answers the close_notify.
        long wait = awaitingVerdict ? limits.negotiateTimeout().toMillis() : CLOSE_NOTIFY_MILLIS;
        limit.set(open.eventLoop(), Duration.ofMillis(wait), () -> cut(open));
    }

    private void leaveWith(Finding finding) {
        fail(finding);
        leaving = true;
        limit.end();
        Channel open = channel;
        if (open != null) {
            limit.set(open.eventLoop(), Duration.ofMillis(LEAVING_MILLIS), () -> cut(open));
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

    private void onClosed() {
        limit.end();
        if (!leaving && awaitingVerdict) {
            onBrokenOff(new ClosedChannelException());
        }
        if (!leaving && durationNanos < 0) {
            again = tls.isNative();
            fail(FailureFindings.handshake(
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
        Channel open = channel;
        if (open == null) {
            return;
        }
        limit.set(open.eventLoop(), after, () -> {
            if (code == null) {
                leaving = true;
                open.close();
            } else {
                leaveWith(Finding.of(code, what + " within " + after.toMillis() + " ms"));
            }
        });
    }

    private void complete() {
        tls.close();
        try {
            result.complete(new ProbeOutcome(endpoint, address, capture, plaintext)
                    .probe(
                            failure,
                            tlsVersion,
                            cipher,
                            Duration.ofNanos(Math.max(0, durationNanos)),
                            clockOffset,
                            again));
        } catch (RuntimeException e) {
            // A probe that never ends would cost its target all further ones.
            result.completeExceptionally(e);
        }
    }
}
