package dev.pgpool.core.internal.client;

import dev.pgpool.core.internal.auth.AuthenticationProtocolException;
import dev.pgpool.core.internal.auth.ClientAuthenticator;
import dev.pgpool.core.internal.auth.ClientAuthenticator.Verdict;
import dev.pgpool.core.internal.log.LogLine;
import dev.pgpool.core.internal.wire.ErrorFields;
import dev.pgpool.core.internal.wire.PoolerError;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The client shows that it knows a secret that we hold. Arithmetic that takes long is done elsewhere. */
final class SecretExchange implements LoginExchange {
    private static final Logger LOGGER = LoggerFactory.getLogger(SecretExchange.class);

    private final ClientSession session;
    private final ClientAuthenticator authenticator;
    private final String user;
    private final Outcome outcome;

    SecretExchange(ClientSession session, ClientAuthenticator authenticator, String user, Outcome outcome) {
        this.session = session;
        this.authenticator = authenticator;
        this.user = user;
        this.outcome = outcome;
    }

    @Override
    public void begin(ByteBuf out) {
        authenticator.begin(out);
    }

    @Override
    public void onResponse(ByteBuf body) {
        if (!authenticator.needsOffload()) {
            Step.of(authenticator, body).tell(this);
            return;
        }
        outcome.paused();
        EventLoop loop = session.connection().eventLoop();
        session.services().workers().execute(() -> {
            if (!session.connection().isOpen()) {
                // the client gave up while other logins kept the threads busy
                return;
            }
            Step step = Step.of(authenticator, body);
            try {
                loop.execute(() -> session.guard(() -> {
                    step.tell(this);
                    outcome.resumed();
                }));
            } catch (RejectedExecutionException ended) {
                LogLine.debug(LOGGER, "event loop has ended").with("user", user).write();
            }
        });
    }

    private void onVerdict(Step step) {
        switch (step.verdict) {
            case CONTINUE -> outcome.goOn(step.answer);
            case ACCEPTED -> outcome.accepted(step.answer, new Admission(null, null, authenticator.proven()));
            case REJECTED -> {
                RuntimeException failure = step.failure;
                if (failure != null && !(failure instanceof AuthenticationProtocolException)) {
                    LogLine.error(LOGGER, "authentication failed")
                            .with("user", user)
                            .cause(failure)
                            .write();
                }
                String reason = failure == null ? "the secret does not match, or there is none" : reason(failure);
                outcome.refused(
                        step.empty ? PoolerError.EMPTY_PASSWORD.plain() : error(failure),
                        step.empty ? "no password was given" : reason);
            }
        }
    }

    /** PostgreSQL's words where a channel is not bound as it should be: they give away nothing about the password. */
    private ErrorFields error(@Nullable RuntimeException failure) {
        return failure instanceof AuthenticationProtocolException known && known.isAboutTheConnection()
                ? new ErrorFields("FATAL", known.sqlState(), String.valueOf(known.getMessage()), null, null)
                : (authenticator.isSasl() ? PoolerError.SASL_FAILED : PoolerError.AUTHENTICATION_FAILED).with(user);
    }

    private static String reason(RuntimeException failure) {
        return String.valueOf(failure.getMessage());
    }

    /**
     * What one response led to.
     *
     * @param empty whether the response was the empty password, with which PostgreSQL refuses every client
     */
    private record Step(
            Verdict verdict, ByteBuf answer, @Nullable RuntimeException failure, boolean empty) {
        static Step of(ClientAuthenticator authenticator, ByteBuf body) {
            ByteBuf answer = Unpooled.buffer();
            boolean empty =
                    !authenticator.isSasl() && body.readableBytes() == 1 && body.getByte(body.readerIndex()) == 0;
            try {
                return new Step(authenticator.onResponse(body, answer), answer, null, empty);
            } catch (RuntimeException e) {
                return new Step(Verdict.REJECTED, answer, e, empty);
            }
        }

        void tell(SecretExchange exchange) {
            exchange.onVerdict(this);
        }
    }
}
