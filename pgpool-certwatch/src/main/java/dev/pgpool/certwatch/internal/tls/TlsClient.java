package dev.pgpool.certwatch.internal.tls;

import dev.pgpool.certwatch.finding.Finding;
import dev.pgpool.certwatch.finding.FindingCode;
import dev.pgpool.certwatch.target.Endpoint;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import java.security.GeneralSecurityException;
import java.util.concurrent.RejectedExecutionException;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * The TLS side of one probe: makes the engine, adds its handler, and reports the end of the handshake. The TLS handler runs on an
 * executor of its own, all of it: Java hands out tasks for most of its arithmetic, but signs for TLS 1.3 in the middle of reading,
 * and BoringSSL hands out none. What comes from there takes the same way back, in order. All else is confined to the event loop.
 */
public final class TlsClient {

    private final Endpoint endpoint;
    private final HandshakeCapture capture;
    private final Means means;
    private final Listener listener;
    private @Nullable SSLEngine nativeEngine;
    private boolean onTlsExecutor;

    /**
     * What TLS clients are made with.
     *
     * @param crypto runs the TLS handler
     * @param natives absent to use Java's engines only
     */
    public record Means(
            EventExecutor crypto,
            TlsHandlers handlers,
            JdkEngines jdk,
            @Nullable NativeEngines natives) {}

    /** Told on the event loop. */
    public interface Listener {

        /** Whether the probe is over, so that no handshake is wanted any more. */
        boolean isLeaving();

        /** No handshake could begin. */
        void onTlsFailed(Finding why);

        /**
         * The handshake has ended.
         *
         * @param protocol as the engine names it; empty if the handshake failed
         * @param suite cipher suite; empty if the handshake failed
         * @param cause absent if the handshake succeeded
         */
        void onHandshake(SslHandler tls, String protocol, String suite, @Nullable Throwable cause);
    }

    public TlsClient(Endpoint endpoint, HandshakeCapture capture, Means means, Listener listener) {
        this.endpoint = endpoint;
        this.capture = capture;
        this.means = means;
        this.listener = listener;
    }

    /** Begins the handshake. */
    public void start(Channel connected) {
        EventLoop loop = connected.eventLoop();
        // What a server says must wait for the TLS handler, or it would be lost and the handshake hang.
        connected.config().setAutoRead(false);
        try {
            means.crypto().execute(() -> begin(connected, loop));
        } catch (RejectedExecutionException e) {
            listener.onTlsFailed(Finding.of(FindingCode.PROBE_ERROR, "the watch is closing"));
        }
    }

    private void begin(Channel connected, EventLoop loop) {
        NativeEngines natives = means.natives();
        SSLEngine fast = null;
        try {
            fast = natives == null ? null : natives.engine(endpoint, capture, connected.alloc());
            SSLEngine engine = fast == null ? means.jdk().begin(endpoint, capture) : fast;
            boolean isNative = fast != null;
            loop.execute(() -> onEngine(connected, engine, isNative));
        } catch (RejectedExecutionException e) {
            // The loop has ended, and with it this probe.
            giveUp(fast);
        } catch (GeneralSecurityException | SSLException | RuntimeException e) {
            Finding finding = Finding.of(FindingCode.PROBE_ERROR, "the handshake could not begin: " + e);
            loop.execute(() -> listener.onTlsFailed(finding));
        }
    }

    private void onEngine(Channel connected, SSLEngine engine, boolean isNative) {
        if (isNative) {
            nativeEngine = engine;
        }
        if (listener.isLeaving() || !connected.isActive()) {
            giveUp(engine);
            return;
        }
        SslHandler tls = means.handlers().open(connected, engine);
        if (tls == null) {
            listener.onTlsFailed(Finding.of(FindingCode.PROBE_ERROR, "the watch is closing"));
            return;
        }
        // The probe's own limit covers the handshake and everything before it in one place.
        tls.setHandshakeTimeoutMillis(0);
        // 31 bytes always find room; a machine too busy to send them in time is no reason to warn and to break off.
        tls.setCloseNotifyFlushTimeoutMillis(0);
        tls.handshakeFuture().addListener((Future<Channel> done) -> {
            SSLSession session = done.isSuccess() ? tls.engine().getSession() : null;
            String protocol = session == null ? "" : session.getProtocol();
            String suite = session == null ? "" : session.getCipherSuite();
            onLoop(connected, () -> listener.onHandshake(tls, protocol, suite, done.cause()));
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
        connected.pipeline().addFirst(means.crypto(), null, tls);
    }

    /** An engine that no handler will release. */
    private void giveUp(@Nullable SSLEngine engine) {
        if (engine != null) {
            if (means.natives() != null) {
                means.natives().done(engine);
            }
            ReferenceCountUtil.release(engine);
        }
    }

    /** Whether the handshake is that of a native engine. */
    public boolean isNative() {
        return nativeEngine != null;
    }

    /** Runs a task on the event loop after the TLS handler has read what came before. */
    public void afterReading(Channel connected, Runnable task) {
        if (!onTlsExecutor) {
            task.run();
            return;
        }
        try {
            means.crypto().execute(() -> onLoop(connected, task));
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

    /** The probe is over: what is kept for a native engine is dropped. */
    public void close() {
        if (means.natives() != null && nativeEngine != null) {
            means.natives().done(nativeEngine);
        }
    }
}
