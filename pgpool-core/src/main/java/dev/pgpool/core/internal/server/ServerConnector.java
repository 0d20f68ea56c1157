package dev.pgpool.core.internal.server;

import dev.pgpool.core.config.TlsMode;
import dev.pgpool.core.event.ConnectFailure;
import dev.pgpool.core.internal.auth.ServerAuthenticator;
import dev.pgpool.core.internal.params.ParameterRegistry;
import dev.pgpool.core.internal.tls.ServerHandshake;
import dev.pgpool.core.internal.tls.ServerTls;
import dev.pgpool.core.internal.tls.TlsServerEndPoint;
import dev.pgpool.core.internal.tls.TlsSession;
import dev.pgpool.core.internal.transport.Buffers;
import dev.pgpool.core.internal.transport.ConnectionNumbers;
import dev.pgpool.core.internal.transport.SocketWords;
import dev.pgpool.core.internal.transport.TcpOptions;
import dev.pgpool.core.internal.transport.Transport;
import dev.pgpool.core.internal.wire.ErrorFields;
import dev.pgpool.core.internal.wire.FrontendWriter;
import dev.pgpool.core.internal.wire.PoolerError;
import dev.pgpool.core.stats.CloseReason;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.ScheduledFuture;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Makes connections to PostgreSQL, from the socket to the first ReadyForQuery. */
public final class ServerConnector {
    /** How an attempt ends: exactly one call, on the event loop that was asked for. */
    public interface Outcome {
        void onConnected(ServerConnection server);

        void onFailed(ErrorFields error);

        /** Before that: there is a connection, over which the login begins. */
        default void onReached(ServerConnection server) {}

        /** Before that, once for each kind of connection that was tried, encrypted or not. */
        default void onAttemptFailed(ServerConnection server, ConnectFailure failure, ErrorFields error) {}
    }

    private static final String CANNOT_CONNECT = "08001";
    /** sqlserver_rejected_establishment_of_sqlconnection: another attempt would end alike. */
    private static final String REJECTED = "08004";
    /** What a server's rules say to a connection that they want encrypted, or not encrypted, or not at all. */
    private static final String REFUSED_BY_RULES = "28000";

    private final Transport transport;
    private final SecureRandom random;
    private final Executor workers;
    private final ConnectionNumbers numbers;
    private volatile TcpOptions tcp;

    /** Makes connections that have numbers of their own; see the other constructor. */
    public ServerConnector(Transport transport, SecureRandom random, Executor workers) {
        this(transport, random, workers, new ConnectionNumbers(), TcpOptions.plain(transport));
    }

    /**
     * Makes connections.
     *
     * @param workers where the arithmetic of passwords and handshakes runs, which would hold up an event loop
     * @param numbers those of all connections
     * @param tcp what connections by TCP are told
     */
    public ServerConnector(
            Transport transport, SecureRandom random, Executor workers, ConnectionNumbers numbers, TcpOptions tcp) {
        this.tcp = tcp;
        this.numbers = numbers;
        this.transport = transport;
        this.random = random;
        this.workers = workers;
    }

    /** What connections by TCP are told now. */
    public TcpOptions tcp() {
        return tcp;
    }

    /** What connections that are made from now on are told. */
    public void adopt(TcpOptions now) {
        tcp = now;
    }

    /**
     * Begins an attempt on the loop, on which this must be called.
     *
     * @return makes it fail at once, if it has not ended; to be called on the loop, too
     */
    public Runnable connect(
            EventLoop loop,
            ServerTarget target,
            ParameterRegistry parameters,
            ServerHome home,
            Duration timeout,
            Outcome outcome) {
        ServerTls tls = target.tls();
        boolean unix = Transport.isUnix(target.address());
        boolean encrypted = !unix && tls.mode().compareTo(TlsMode.PREFER) >= 0;
        long deadline = System.nanoTime() + timeout.toNanos();
        Attempt attempt = new Attempt(loop, target, parameters, home, deadline, outcome, encrypted, unix);
        attempt.begin();
        return attempt::abort;
    }

    /** Where the message about a failed connect begins. */
    public static String cannotConnectTo(ServerTarget target) {
        return "could not connect to server " + SocketWords.place(target.host().host(), target.address()) + ": ";
    }

    static ErrorFields cannotConnect(ServerTarget target, String why) {
        return new ErrorFields("FATAL", CANNOT_CONNECT, cannotConnectTo(target) + why, null, null);
    }

    /** The same where another attempt would end alike. */
    static ErrorFields rejected(ServerTarget target, String why) {
        return new ErrorFields("FATAL", REJECTED, cannotConnectTo(target) + why, null, null);
    }

    /** A server has no home before it is ready; what happens to it until then is the attempt's business. */
    private final class Attempt
            implements ServerLogin.Outcome, ServerHandshake.Outcome, ServerPreparation.Outcome, ServerHome {
        private final EventLoop loop;
        private final ServerTarget target;
        private final ParameterRegistry parameters;
        private final ServerHome home;
        private final long deadlineNanos;
        private final Outcome outcome;
        private final boolean encrypted;
        private final boolean otherWayTried;
        private final ServerAuthenticator authenticator;
        private final ServerLogin login;
        private final ServerConnection server;
        private @Nullable ScheduledFuture<?> timer;
        private @Nullable ChannelFuture connection;
        private @Nullable Channel channel;
        private @Nullable Attempt otherWay;
        private boolean over;

        /** @param otherWayTried whether the rules of the server were asked about the other kind of connection before */
        Attempt(
                EventLoop loop,
                ServerTarget target,
                ParameterRegistry parameters,
                ServerHome home,
                long deadlineNanos,
                Outcome outcome,
                boolean encrypted,
                boolean otherWayTried) {
            this.loop = loop;
            this.target = target;
            this.parameters = parameters;
            this.home = home;
            this.deadlineNanos = deadlineNanos;
            this.outcome = outcome;
            this.encrypted = encrypted;
            this.otherWayTried = otherWayTried;
            this.authenticator = new ServerAuthenticator(
                    target.user(), target.credential(), random, target.tls().channelBinding());
            this.login = new ServerLogin(authenticator, workers, this);
            this.server = new ServerConnection(target, this, login, parameters);
            server.numbered(numbers.next());
        }

        void begin() {
            login.begin(server);
            long timeoutMillis = Math.max(1, (deadlineNanos - System.nanoTime() + 999_999) / 1_000_000);
            Bootstrap bootstrap = Buffers.applyTo(new Bootstrap())
                    .group(loop)
                    .channelFactory(transport.channelFor(target.address()))
                    .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) Math.min(timeoutMillis, Integer.MAX_VALUE))
                    .handler(server.handler());
            tcp.apply(bootstrap, target.address());
            ChannelFuture connecting = bootstrap.connect(target.address());
            connection = connecting;
            timer = loop.schedule(
                    () -> {
                        fail(ConnectFailure.TIMEOUT, cannotConnect("timeout after " + timeoutMillis + " ms"));
                        close(connecting);
                    },
                    timeoutMillis,
                    TimeUnit.MILLISECONDS);
            connecting.addListener(done -> {
                if (loop.inEventLoop()) {
                    connected(connecting);
                } else {
                    // without a socket there is no channel, and its failure is told on some other thread
                    loop.execute(() -> connected(connecting));
                }
            });
        }

        private void abort() {
            Attempt followed = otherWay;
            if (followed != null) {
                followed.abort();
                return;
            }
            ChannelFuture begun = connection;
            if (!over && begun != null) {
                fail(ConnectFailure.ABANDONED, cannotConnect("not wanted any more"));
                close(begun);
            }
        }

        private void connected(ChannelFuture connecting) {
            if (!connecting.isSuccess()) {
                fail(ConnectFailure.UNREACHABLE, cannotConnect(SocketWords.of(connecting.cause())));
            } else if (!over) {
                channel = connecting.channel();
                outcome.onReached(server);
                if (encrypted) {
                    ServerHandshake.begin(
                            connecting.channel(),
                            target.tls(),
                            target.host().host(),
                            target.host().port(),
                            workers,
                            this);
                } else {
                    introduce(connecting.channel());
                }
            }
        }

        @Override
        public void onEncrypted(TlsSession session) {
            Channel connected = channel;
            if (!over && connected != null) {
                server.encrypted(session);
                authenticator.encrypted(TlsServerEndPoint.of(session.serverCertificate()));
                introduce(connected);
            }
        }

        @Override
        public void onRefused() {
            Channel connected = channel;
            if (!over && connected != null) {
                introduce(connected);
            }
        }

        @Override
        public void onFailed(String why) {
            failHandshake(cannotConnect(why));
        }

        @Override
        public void onRejected(String why) {
            failHandshake(rejected(target, why));
        }

        private void failHandshake(ErrorFields error) {
            fail(ConnectFailure.ENCRYPTION_FAILED, error);
            Channel connected = channel;
            if (connected != null) {
                connected.close();
            }
        }

        private void close(ChannelFuture connecting) {
            if (connecting.channel().isRegistered()) {
                connecting.channel().close();
            }
        }

        private void introduce(Channel connected) {
            ByteBuf packet = connected.alloc().ioBuffer(256);
            FrontendWriter.startup(packet, target.startup(), target.settings());
            connected.writeAndFlush(packet);
        }

        private ErrorFields cannotConnect(String why) {
            return ServerConnector.cannotConnect(target, why);
        }

        @Override
        public void onReady() {
            if (!over) {
                server.loggedIn();
                new ServerPreparation(server, this).begin();
            }
        }

        @Override
        public void onPrepared() {
            if (over) {
                return;
            }
            end();
            server.settle(home);
            server.prepared();
            outcome.onConnected(server);
        }

        @Override
        public void onUnfit(ErrorFields why) {
            server.close(CloseReason.SERVER_CONNECT_FAILED);
            fail(ConnectFailure.UNFIT, why);
        }

        @Override
        public void onFailed(CloseReason reason, ErrorFields error) {
            if (!over && mayTryTheOtherWay(error)) {
                end();
                outcome.onAttemptFailed(server, ConnectFailure.LOGIN_FAILED, error);
                otherWay = new Attempt(loop, target, parameters, home, deadlineNanos, outcome, !encrypted, true);
                otherWay.begin();
                return;
            }
            fail(isWithoutAWord(error) ? ConnectFailure.CLOSED : ConnectFailure.LOGIN_FAILED, error);
        }

        private static boolean isWithoutAWord(ErrorFields error) {
            return error.equals(PoolerError.SERVER_CLOSED.plain());
        }

        /** As libpq with sslmode allow and prefer, but only when the server's rules are why. */
        private boolean mayTryTheOtherWay(ErrorFields error) {
            TlsMode mode = target.tls().mode();
            return !otherWayTried
                    && error.sqlState().equals(REFUSED_BY_RULES)
                    && error.equals(server.lastError())
                    && (encrypted ? mode == TlsMode.PREFER && server.tls() != null : mode == TlsMode.ALLOW);
        }

        @Override
        public void onReleased(ServerConnection released) {
            throw new IllegalStateException("released before it was ready");
        }

        @Override
        public void onGone(ServerConnection gone, CloseReason reason) {
            // the login phase has already told
        }

        private void fail(ConnectFailure failure, ErrorFields error) {
            if (!over) {
                end();
                outcome.onAttemptFailed(server, failure, error);
                outcome.onFailed(error);
            }
        }

        private void end() {
            over = true;
            ScheduledFuture<?> running = timer;
            if (running != null) {
                running.cancel(false);
            }
        }
    }
}
