package dev.pgpool.core.internal.cancel;

import dev.pgpool.core.internal.log.LogLine;
import dev.pgpool.core.internal.server.ServerConnection;
import dev.pgpool.core.internal.tls.ServerHandshake;
import dev.pgpool.core.internal.tls.TlsSession;
import dev.pgpool.core.internal.transport.TcpOptions;
import dev.pgpool.core.internal.transport.Transport;
import io.netty.channel.Channel;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Cancels what a server runs, on a connection of its own as the protocol wants it: encrypted if the server's connection
 * is, so that the key is not shown to others. The request has been dealt with when the server closes that connection;
 * until then the server is not given to another client. For one server one request is on its way at a time.
 *
 * @see <a href="https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-CANCELING-REQUESTS">Canceling
 *     Requests</a>
 */
public final class CancelSender {
    private static final Logger LOGGER = LoggerFactory.getLogger(CancelSender.class);
    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    private final Transport transport;
    private final Executor workers;
    private final CancelGate gate;
    private final Supplier<TcpOptions> tcp;
    private final Duration timeout;

    /**
     * @param workers where the arithmetic of handshakes runs
     * @param gate bounds how many requests are on their way
     * @param tcp what connections by TCP are told now
     */
    public CancelSender(Transport transport, Executor workers, CancelGate gate, Supplier<TcpOptions> tcp) {
        this(transport, workers, gate, tcp, TIMEOUT);
    }

    private CancelSender(
            Transport transport, Executor workers, CancelGate gate, Supplier<TcpOptions> tcp, Duration timeout) {
        this.transport = transport;
        this.tcp = tcp;
        this.workers = workers;
        this.gate = gate;
        this.timeout = timeout;
    }

    /** The same with another limit to how long a server may take to deal with a request. */
    public CancelSender within(Duration limit) {
        return new CancelSender(transport, workers, gate, tcp, limit);
    }

    /**
     * Sends a request for what the server runs now; to be called on the server's event loop.
     *
     * @param isMeant whether what the request is for still runs: asked when it had to wait for another one
     * @param dealtWith called on that loop, once, when the server has dealt with the request, or will not
     */
    public void cancel(ServerConnection server, BooleanSupplier isMeant, Runnable dealtWith) {
        if (!server.isCancellable()) {
            dealtWith.run();
        } else if (server.cancels().add(isMeant, dealtWith)) {
            new Sending(server).begin();
        }
    }

    /** One request for what a server runs. */
    private final class Sending implements CancelConnection.Sender, ServerHandshake.Outcome {
        private final ServerConnection server;
        private final CancelConnection connection;

        Sending(ServerConnection server) {
            this.server = server;
            this.connection = new CancelConnection(
                    new CancelConnection.Means(transport, gate, tcp, timeout),
                    server.channel().eventLoop(),
                    server.target().address(),
                    this);
        }

        void begin() {
            connection.begin();
        }

        @Override
        public void onConnected(Channel channel) {
            if (server.tls() == null) {
                send();
            } else {
                ServerHandshake.begin(
                        channel,
                        server.target().tls(),
                        server.target().host().host(),
                        server.target().host().port(),
                        workers,
                        this);
            }
        }

        private void send() {
            connection.send(server.processId(), server.secret());
        }

        @Override
        public void onEncrypted(TlsSession session) {
            send();
        }

        @Override
        public void onRefused() {
            // the server of an encrypted connection has become one without encryption: the key is not shown to it
            connection.fail("server does not encrypt any more", null);
        }

        @Override
        public void onFailed(String why) {
            connection.fail(why, null);
        }

        @Override
        public void onFailed(String why, @Nullable Throwable cause) {
            LogLine.debug(LOGGER, "cancel request not sent")
                    .with("server", server.processId())
                    .with("error", why)
                    .cause(cause)
                    .write();
        }

        @Override
        public void onOver() {
            if (server.cancels().end(server.isCancellable())) {
                new Sending(server).begin();
            } else {
                server.cancels().over(!server.isClosed());
            }
        }
    }
}
