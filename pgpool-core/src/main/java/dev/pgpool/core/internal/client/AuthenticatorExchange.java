package dev.pgpool.core.internal.client;

import dev.pgpool.core.auth.Authenticator;
import dev.pgpool.core.internal.auth.AuthenticationProtocolException;
import dev.pgpool.core.internal.auth.CleartextMessages;
import dev.pgpool.core.internal.wire.ErrorFields;
import dev.pgpool.core.internal.wire.PoolerError;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The client sends a password or token, and the host's own authenticator judges it, on threads that may block. */
final class AuthenticatorExchange implements LoginExchange {
    private static final Logger LOGGER = LoggerFactory.getLogger(AuthenticatorExchange.class);

    private final ClientSession session;
    private final Authenticator authenticator;
    private final Executor threads;
    private final Function<String, Authenticator.Request> request;
    private final String user;
    private final Outcome outcome;

    /**
     * @param threads where the authenticator is called
     * @param request makes a request of a password
     */
    AuthenticatorExchange(
            ClientSession session,
            Authenticator authenticator,
            Executor threads,
            Function<String, Authenticator.Request> request,
            String user,
            Outcome outcome) {
        this.session = session;
        this.authenticator = authenticator;
        this.threads = threads;
        this.request = request;
        this.user = user;
        this.outcome = outcome;
    }

    @Override
    public void begin(ByteBuf out) {
        CleartextMessages.appendRequest(out);
    }

    @Override
    public void onResponse(ByteBuf body) {
        String password;
        try {
            password = CleartextMessages.password(body);
        } catch (AuthenticationProtocolException e) {
            outcome.refused(refusal(), String.valueOf(e.getMessage()));
            return;
        }
        if (password.isEmpty()) {
            // as in PostgreSQL, the empty password lets nobody in
            outcome.refused(refusal(), "the password is empty");
            return;
        }
        outcome.paused();
        EventLoop loop = session.channel().eventLoop();
        try {
            threads.execute(() -> judge(loop, password));
        } catch (RejectedExecutionException closing) {
            judged(null, closing);
        }
    }

    private void judge(EventLoop loop, String password) {
        if (!session.channel().isOpen()) {
            // it gave up while others kept the threads busy
            return;
        }
        try {
            CompletionStage<Authenticator.Verdict> answer = authenticator.authenticate(request.apply(password));
            if (answer == null) {
                throw new NullPointerException("the authenticator answered null");
            }
            answer.whenComplete((verdict, problem) -> onLoop(loop, verdict, problem));
        } catch (Throwable e) {
            onLoop(loop, null, e);
        }
    }

    private void onLoop(EventLoop loop, Authenticator.@Nullable Verdict verdict, @Nullable Throwable problem) {
        try {
            loop.execute(() -> session.guard(() -> judged(verdict, problem)));
        } catch (RejectedExecutionException ended) {
            LOGGER.atDebug().addKeyValue("user", user).log("event loop has ended");
        }
    }

    private void judged(Authenticator.@Nullable Verdict verdict, @Nullable Throwable problem) {
        if (verdict instanceof Authenticator.Accepted accepted) {
            Admission admission = new Admission(
                    accepted.serverUser().orElse(null), accepted.credential().orElse(null), null);
            outcome.accepted(Unpooled.EMPTY_BUFFER, admission);
        } else if (verdict instanceof Authenticator.Rejected rejected) {
            outcome.refused(refusal(), rejected.reason());
        } else {
            Throwable cause =
                    problem instanceof CompletionException && problem.getCause() != null ? problem.getCause() : problem;
            LOGGER.atWarn().addKeyValue("user", user).setCause(cause).log("authenticator failed");
            outcome.refused(refusal(), "the authenticator failed");
        }
        outcome.resumed();
    }

    private ErrorFields refusal() {
        return PoolerError.AUTHENTICATION_FAILED.with(user);
    }
}
