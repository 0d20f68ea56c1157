package dev.pgpool.core.internal.client;

import dev.pgpool.core.internal.tls.ClientTls;
import dev.pgpool.core.internal.tls.TlsOutdated;
import dev.pgpool.core.internal.tls.TlsSession;
import dev.pgpool.core.internal.transport.Transport;
import dev.pgpool.core.internal.wire.ErrorFields;
import dev.pgpool.core.internal.wire.PoolerError;
import io.netty.handler.ssl.SslHandler;
import org.jspecify.annotations.Nullable;

/** Whether a client's connection is encrypted as the settings of now want it, whatever they were when it was made. */
final class Encryption {
    private Encryption() {}

    /** Why the client may not log in; null if it may. What its certificate is worth is judged anew after a reload. */
    static @Nullable ErrorFields objection(ClientSession session) {
        ClientTls now = session.services().tls().clients();
        TlsSession settled = session.tls();
        SslHandler handler = session.channel().pipeline().get(SslHandler.class);
        if (settled == null || handler == null) {
            boolean unix = Transport.isUnix(session.channel().localAddress());
            return now.isRequired() && !unix ? PoolerError.TLS_REQUIRED.plain() : null;
        }
        if (session.encryptedBy() == now) {
            return null;
        }
        try {
            session.encrypted(now.judge(handler.engine(), settled), now);
            return null;
        } catch (TlsOutdated e) {
            return PoolerError.TLS_OUTDATED.with(String.valueOf(e.getMessage()));
        }
    }
}
