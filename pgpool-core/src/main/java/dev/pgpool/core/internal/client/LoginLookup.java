package dev.pgpool.core.internal.client;

import dev.pgpool.core.internal.log.LogLine;
import dev.pgpool.core.internal.secrets.DisabledAuthDatabase;
import dev.pgpool.core.internal.wire.PoolerError;
import dev.pgpool.core.stats.CloseReason;
import io.netty.channel.EventLoop;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a login has to look up where that takes time: in stores, in files, in the operating system. The login goes on, on the
 * client's event loop, with what is found. Whatever goes wrong is a refusal.
 */
final class LoginLookup {
    private static final Logger LOGGER = LoggerFactory.getLogger(LoginLookup.class);

    private final ClientSession session;
    private final LoginRequest request;
    private final LoginTerms terms;
    private final LoginPhase login;

    LoginLookup(ClientSession session, LoginRequest request, LoginTerms terms, LoginPhase login) {
        this.session = session;
        this.request = request;
        this.terms = terms;
        this.login = login;
    }

    /** Goes on with what may block until it is found. */
    <T> void blocking(Supplier<T> lookup, Consumer<T> next) {
        later(CompletableFuture.supplyAsync(lookup, session.services().workers()), next);
    }

    /** Goes on with what this stage finds. */
    <T> void later(CompletionStage<T> stage, Consumer<T> next) {
        EventLoop loop = session.connection().eventLoop();
        stage.whenComplete((found, problem) -> {
            Runnable go = () -> {
                found(found, problem, next);
                session.out().flush();
                session.resume();
            };
            if (loop.inEventLoop()) {
                session.guard(go);
            } else {
                loop.execute(() -> session.guard(go));
            }
        });
    }

    private <T> void found(@Nullable T found, @Nullable Throwable problem, Consumer<T> next) {
        if (terms.areOutdated()) {
            login.judgeAnew();
        } else if (Problems.cause(problem) instanceof DisabledAuthDatabase disabled) {
            login.refused(
                    PoolerError.AUTHENTICATION_DATABASE_DISABLED.with(disabled.database()),
                    "its user would be looked up in a disabled database");
        } else if (problem != null || found == null) {
            LogLine.warn(LOGGER, "login lookup failed")
                    .with("user", request.user())
                    .with("database", request.database())
                    .with("client", terms.peer().remote())
                    .with("error", Problems.words(problem))
                    .write();
            if (!Problems.isOurs(problem)) {
                LOGGER.atDebug().setCause(problem).log("where it failed");
            }
            session.fail(PoolerError.AUTHENTICATION_UNAVAILABLE.with(request.user()), CloseReason.CLIENT_LOGIN_FAILED);
        } else {
            next.accept(found);
        }
    }
}
