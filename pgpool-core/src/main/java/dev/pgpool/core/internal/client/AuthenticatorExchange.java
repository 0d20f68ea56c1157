package dev.pgpool.core.internal.client;

import dev.pgpool.core.auth.Authenticator;
import dev.pgpool.core.auth.Credential;
import dev.pgpool.core.config.LdapConfig;
import dev.pgpool.core.internal.auth.AuthenticationProtocolException;
import dev.pgpool.core.internal.auth.CleartextMessages;
import dev.pgpool.core.internal.auth.ldap.LdapJudge;
import dev.pgpool.core.internal.log.LogLine;
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

/**
 * The client sends a password or token. The host's own authenticator or a directory judges it, on threads that may block.
 */
final class AuthenticatorExchange implements LoginExchange {
    private static final Logger LOGGER = LoggerFactory.getLogger(AuthenticatorExchange.class);

    private final ClientSession session;
    private final Judge judge;
    private final Function<String, Authenticator.Request> request;
    private final String user;
    private final Outcome outcome;

    /**
     * What judges the password or token.
     *
     * @param threads where the authenticator is called
     * @param empty what is told to a client that sends the empty password
     * @param wrong what is told to a client that sends a wrong one
     * @param passesOn whether servers are logged in to with the client's own password
     */
    record Judge(
            Authenticator authenticator, Executor threads, ErrorFields empty, ErrorFields wrong, boolean passesOn) {
        static Judge ofTheHost(Authenticator authenticator, Executor threads, String user) {
            ErrorFields wrong = PoolerError.AUTHENTICATION_FAILED.with(user);
            return new Judge(authenticator, threads, wrong, wrong, false);
        }

        static Judge directory(LdapConfig directory, Executor threads, String user) {
            return new Judge(
                    new LdapJudge(directory),
                    threads,
                    PoolerError.EMPTY_PASSWORD.plain(),
                    PoolerError.LDAP_FAILED.with(user),
                    true);
        }
    }

    /** @param request makes a request of a password */
    AuthenticatorExchange(
            ClientSession session,
            Judge judge,
            Function<String, Authenticator.Request> request,
            String user,
            Outcome outcome) {
        this.session = session;
        this.judge = judge;
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
            outcome.refused(judge.wrong, String.valueOf(e.getMessage()));
            return;
        }
        if (password.isEmpty()) {
            // as in PostgreSQL, the empty password lets no client in
            outcome.refused(judge.empty, "the password is empty");
            return;
        }
        outcome.paused();
        EventLoop loop = session.connection().eventLoop();
        try {
            judge.threads.execute(() -> judge(loop, password));
        } catch (RejectedExecutionException closingOrBusy) {
            judged(password, null, closingOrBusy);
        }
    }

    private void judge(EventLoop loop, String password) {
        if (!session.connection().isOpen()) {
            // the client gave up while other logins kept the threads busy
            return;
        }
        try {
            CompletionStage<Authenticator.Verdict> answer = judge.authenticator.authenticate(request.apply(password));
            if (answer == null) {
                throw new NullPointerException("the authenticator answered null");
            }
            answer.whenComplete((verdict, problem) -> onLoop(loop, password, verdict, problem));
        } catch (Throwable e) {
            onLoop(loop, password, null, e);
        }
    }

    private void onLoop(
            EventLoop loop, String password, Authenticator.@Nullable Verdict verdict, @Nullable Throwable problem) {
        try {
            loop.execute(() -> session.guard(() -> judged(password, verdict, problem)));
        } catch (RejectedExecutionException ended) {
            LogLine.debug(LOGGER, "event loop has ended").with("user", user).write();
        }
    }

    private void judged(String password, Authenticator.@Nullable Verdict verdict, @Nullable Throwable problem) {
        if (verdict instanceof Authenticator.Accepted accepted) {
            Admission admission = new Admission(
                    accepted.serverUser().orElse(null),
                    judge.passesOn
                            ? new Credential.Plain(password)
                            : accepted.credential().orElse(null),
                    null);
            outcome.accepted(Unpooled.EMPTY_BUFFER, admission);
        } else if (verdict instanceof Authenticator.Rejected rejected) {
            outcome.refused(judge.wrong, rejected.reason());
        } else {
            Throwable cause =
                    problem instanceof CompletionException && problem.getCause() != null ? problem.getCause() : problem;
            LogLine.warn(LOGGER, "authenticator failed")
                    .with("user", user)
                    .cause(cause)
                    .write();
            outcome.refused(judge.wrong, "the authenticator failed");
        }
        outcome.resumed();
    }
}
