package dev.pgpool.core.internal.server;

import dev.pgpool.core.internal.auth.AuthenticationProtocolException;
import dev.pgpool.core.internal.auth.ServerAuthenticator;
import dev.pgpool.core.internal.wire.BackendType;
import dev.pgpool.core.internal.wire.ErrorFields;
import dev.pgpool.core.internal.wire.MessageCursor;
import dev.pgpool.core.internal.wire.PoolerError;
import dev.pgpool.core.internal.wire.WireViolation;
import dev.pgpool.core.stats.CloseReason;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/** Phase: from the start-up packet to the first ReadyForQuery. */
final class ServerLogin implements ServerPhase {
    /** How a login ends; exactly one of the two is called, once. */
    interface Outcome {
        void onReady();

        void onFailed(CloseReason reason, ErrorFields error);
    }

    private final ServerAuthenticator authenticator;
    private final Outcome outcome;
    private final Executor workers;
    private @Nullable ServerConnection server;
    private @Nullable ErrorFields failure;
    private boolean authenticated;
    private boolean deriving;
    private boolean over;

    ServerLogin(ServerAuthenticator authenticator, Executor workers, Outcome outcome) {
        this.authenticator = authenticator;
        this.workers = workers;
        this.outcome = outcome;
    }

    void begin(ServerConnection connection) {
        this.server = connection;
    }

    @Override
    public void onMessages(MessageCursor in) {
        ServerConnection connection = server;
        if (connection == null) {
            throw new IllegalStateException("login not begun");
        }
        while (in.next()) {
            in.requireSmall();
            if (!in.isComplete()) {
                return;
            }
            switch (in.type()) {
                case BackendType.AUTHENTICATION -> authenticate(connection, in);
                case BackendType.PARAMETER_STATUS -> connection.onParameterStatus(in);
                case BackendType.BACKEND_KEY_DATA -> connection.onBackendKeyData(in);
                case BackendType.NOTICE_RESPONSE, BackendType.NEGOTIATE_PROTOCOL_VERSION -> {
                    // nothing that we asked for depends on it
                }
                case BackendType.ERROR_RESPONSE -> {
                    failure = connection.onErrorResponse(in);
                    connection.close(CloseReason.SERVER_CONNECT_FAILED);
                    return;
                }
                case BackendType.READY_FOR_QUERY -> {
                    if (!authenticated) {
                        throw new WireViolation(
                                PoolerError.SERVER_PROTOCOL_VIOLATION, "ReadyForQuery before authentication");
                    }
                    in.skip();
                    over = true;
                    outcome.onReady();
                    return;
                }
                default ->
                    throw new WireViolation(
                            PoolerError.SERVER_PROTOCOL_VIOLATION, "message type " + in.type() + " during login");
            }
            if (connection.isClosed()) {
                return;
            }
            in.skip();
        }
    }

    private void authenticate(ServerConnection connection, MessageCursor in) {
        if (authenticated || deriving) {
            throw new WireViolation(PoolerError.SERVER_PROTOCOL_VIOLATION, "authentication out of turn");
        }
        ByteBuf body = in.buffer().slice(in.bodyIndex(), in.bodyLength());
        if (authenticator.needsOffload(body)) {
            derive(connection, Unpooled.copiedBuffer(body));
            return;
        }
        try {
            authenticated =
                    authenticator.onAuthentication(body, connection.out().space());
        } catch (AuthenticationProtocolException e) {
            fail(connection, e);
        }
    }

    /** The server waits for our answer meanwhile, so nothing else can be due from it. */
    private void derive(ServerConnection connection, ByteBuf body) {
        deriving = true;
        EventLoop loop = connection.channel().eventLoop();
        workers.execute(() -> {
            ByteBuf answer = Unpooled.buffer();
            AuthenticationProtocolException problem = null;
            try {
                authenticator.onAuthentication(body, answer);
            } catch (AuthenticationProtocolException e) {
                problem = e;
            }
            AuthenticationProtocolException refused = problem;
            try {
                loop.execute(() -> derived(connection, answer, refused));
            } catch (RejectedExecutionException ended) {
                // the pooler has closed meanwhile
                answer.release();
            }
        });
    }

    private void derived(
            ServerConnection connection, ByteBuf answer, @Nullable AuthenticationProtocolException refused) {
        deriving = false;
        if (connection.isClosed()) {
            answer.release();
        } else if (refused != null) {
            answer.release();
            fail(connection, refused);
        } else {
            connection.out().run(answer);
            connection.out().flush();
        }
    }

    private static ErrorFields withoutAWord(CloseReason reason) {
        return reason == CloseReason.SERVER_PROTOCOL_VIOLATION
                ? PoolerError.SERVER_PROTOCOL_VIOLATION.with("see the log of the pooler")
                : PoolerError.SERVER_CLOSED.plain();
    }

    private void fail(ServerConnection connection, AuthenticationProtocolException problem) {
        String words = problem.words();
        failure =
                new ErrorFields("FATAL", problem.sqlState(), String.valueOf(problem.getMessage()), words, null, words);
        connection.close(CloseReason.SERVER_CONNECT_FAILED);
    }

    @Override
    public void onReadComplete() {
        ServerConnection connection = server;
        if (connection != null) {
            connection.out().flush();
        }
    }

    @Override
    public void onClosed(CloseReason reason, @Nullable ErrorFields lastError) {
        if (over) {
            return;
        }
        over = true;
        ErrorFields known = failure != null ? failure : lastError;
        outcome.onFailed(CloseReason.SERVER_CONNECT_FAILED, known != null ? known : withoutAWord(reason));
    }
}
