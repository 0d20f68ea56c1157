package dev.pgpool.core.internal.secrets;

import dev.pgpool.core.auth.Credential;
import dev.pgpool.core.internal.log.LogLine;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The question for the secret of one user: until when it may be asked, and what a server's row means as its answer. Confined
 * to the event loop of its auth query.
 */
final class AuthQuestion {
    private static final Logger LOGGER = LoggerFactory.getLogger(AuthQuestion.class);

    private final String user;
    private final long timeoutNanos;
    private final long begunNanos = System.nanoTime();
    /** When its server could be reached again, if it could not be. */
    private long reachedNanos = begunNanos;

    private long deadlineNanos;
    private final List<Asker> askers = new ArrayList<>();
    /** Whether it was sent on a connection that had been idle, and may have died of that. */
    private boolean mayBeStale;

    /** Who waits for the answer, for as long as that is so. */
    private record Asker(CompletableFuture<Optional<Credential>> answer, BooleanSupplier isThere) {}

    /** @param timeout how long an answer may take, once the server can be reached */
    AuthQuestion(String user, Duration timeout) {
        this.user = user;
        this.timeoutNanos = timeout.toNanos();
        this.deadlineNanos = begunNanos + timeoutNanos;
    }

    String user() {
        return user;
    }

    /**
     * One more asks for the same.
     *
     * @param isThere whether the answer is still waited for
     */
    void tell(CompletableFuture<Optional<Credential>> answer, BooleanSupplier isThere) {
        askers.add(new Asker(answer, isThere));
    }

    /** Another one asks the same, and answers those who have asked this one. */
    void follow(AuthQuestion sooner) {
        sooner.askers.addAll(askers);
        askers.clear();
    }

    /** Whether its answer is still waited for; forgets those who wait no more. */
    boolean isWanted() {
        askers.removeIf(asker -> !asker.isThere.getAsBoolean());
        return !askers.isEmpty();
    }

    // ---- time

    boolean isOverdue(long nowNanos) {
        return deadlineNanos - nowNanos <= 0;
    }

    /**
     * It goes to the server now. The wait for a server that could not be reached is not counted.
     *
     * @param wasIdle whether the connection was idle before
     */
    void sent(boolean wasIdle) {
        mayBeStale = wasIdle;
        deadlineNanos = Math.max(deadlineNanos, reachedNanos + timeoutNanos);
    }

    /** Whether it may be asked once more, after its connection was lost. */
    boolean mayBeRepeated() {
        return mayBeStale && !isOverdue(System.nanoTime());
    }

    /** Its time is over, also for being asked once more. */
    void expired() {
        mayBeStale = false;
    }

    /** Its server can be reached again. */
    void reached() {
        reachedNanos = System.nanoTime();
    }

    /**
     * Its server can't be reached for now.
     *
     * @param retryAtNanos when that is tried again
     * @param patienceNanos for how long clients wait for a server; 0 if for ever
     */
    void unreachable(long retryAtNanos, long patienceNanos) {
        long oneMoreAttempt = retryAtNanos + timeoutNanos;
        deadlineNanos = patienceNanos == 0
                ? oneMoreAttempt
                : Math.max(deadlineNanos, Math.min(oneMoreAttempt, begunNanos + patienceNanos));
    }

    // ---- answers

    void fail(RuntimeException failure) {
        askers.forEach(asker -> asker.answer.completeExceptionally(failure));
    }

    /**
     * The server has answered.
     *
     * @param row null if there was none
     * @param failure makes the failure for a problem
     */
    void answered(AuthQueryExchange.@Nullable Row row, Function<String, RuntimeException> failure) {
        if (row == null || row.user() == null) {
            // (NULL, NULL) is what a function answers that knows no such user
            logNothingFound("no such user, or one that may not log in");
            answer(Optional.empty());
        } else if (!user.equals(row.user())) {
            // never another user's identity (CVE-2015-6817)
            LogLine.warn(LOGGER, "auth query answered for another user")
                    .with("user", user)
                    .write();
            answer(Optional.empty());
        } else if (row.secret() == null) {
            logNothingFound("the user has no secret, or it has expired");
            // the user is there, and no password lets the user in: that is for methods that ask for one
            answer(Optional.of(new Credential.Plain("")));
        } else {
            try {
                answer(Optional.of(Credential.parse(user, row.secret())));
            } catch (IllegalArgumentException e) {
                fail(failure.apply(String.valueOf(e.getMessage())));
            }
        }
    }

    private void answer(Optional<Credential> found) {
        askers.forEach(asker -> asker.answer.complete(found));
    }

    private void logNothingFound(String reason) {
        LogLine.info(LOGGER, "auth query found no secret")
                .with("user", user)
                .with("reason", reason)
                .write();
    }
}
