package dev.pgpool.core.internal.runtime;

import dev.pgpool.core.config.DatabaseConfig;
import dev.pgpool.core.internal.hosts.ConnectChain;
import dev.pgpool.core.internal.hosts.ConnectFailures;
import dev.pgpool.core.internal.server.ServerConnection;
import dev.pgpool.core.internal.server.ServerHome;
import dev.pgpool.core.internal.server.ServerView;
import dev.pgpool.core.internal.wire.ErrorFields;
import dev.pgpool.core.stats.CloseReason;
import dev.pgpool.core.stats.ServerInfo;
import io.netty.channel.EventLoop;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One database that the start looks after: it is asked by a connection that is closed at once. Confined to the event loop.
 *
 * <p>Without a user who could log in, and without a secret for the one there is, it is enough that PostgreSQL answers by asking for
 * one, or by refusing the user.
 */
final class DatabaseTrial implements ConnectChain.Owner, ServerHome {
    /** Invalid authorization: the server answers, and does not like the user. */
    private static final String WRONG_USER = "28";

    private static final String INSUFFICIENT_PRIVILEGE = "42501";

    private final DatabaseConfig database;
    private final TrialUser user;
    private final DatabaseDestination destination;
    private final EventLoop loop;
    private @Nullable Runnable onEnd;
    private @Nullable ConnectChain chain;
    private @Nullable ServerConnection server;
    private @Nullable String problem = "no answer yet";
    private boolean mayPass = true;
    private boolean closed;

    DatabaseTrial(DatabaseConfig database, TrialUser user, DatabaseDestination.Means means, EventLoop loop) {
        this.database = database;
        this.user = user;
        this.destination = new DatabaseDestination(database, user, means);
        this.loop = loop;
    }

    /** Asks once. */
    void ask(Runnable then) {
        onEnd = then;
        ConnectChain begun = new ConnectChain(destination, loop, this, List.of(), this);
        chain = begun;
        begun.begin();
    }

    /** Closes what is open; the answer that is awaited never comes. */
    void close() {
        closed = true;
        onEnd = null;
        ConnectChain begun = chain;
        if (begun != null) {
            begun.abandon();
        }
        ServerConnection known = server;
        if (known != null) {
            known.close(CloseReason.SHUTDOWN);
        }
    }

    String name() {
        return database.name();
    }

    /** The pause before it is asked again. */
    long retryDelayNanos() {
        return database.pool().timeouts().connectRetryDelay().toNanos();
    }

    /** The longest that one question may take. */
    long patienceNanos() {
        return destination.connectTimeout().toNanos() * database.hosts().hosts().size();
    }

    /** Why it can't be used, as whom, and where; null if it can. */
    @Nullable
    String problem() {
        return problem;
    }

    /** Whether time may mend the problem. */
    boolean mayPass() {
        return mayPass;
    }

    @Override
    public boolean isClosed() {
        return closed;
    }

    @Override
    public void onConnected(ServerConnection connected) {
        server = connected;
        destination.listener().onServerReady(ServerView.of(connected, destination.key(), ServerInfo.State.NEW));
        connected.close(closed ? CloseReason.SHUTDOWN : CloseReason.START_CHECK);
        end(null);
    }

    @Override
    public void onFailed(ErrorFields error) {
        mayPass = ConnectFailures.mayPass(error);
        end(isAnswer(error) ? null : described(error));
    }

    private boolean isAnswer(ErrorFields error) {
        return user.isReal()
                ? destination.lacksSecret() && ConnectFailures.isOfSecret(error)
                : error.sqlState().startsWith(WRONG_USER) || error.sqlState().equals(INSUFFICIENT_PRIVILEGE);
    }

    private String described(ErrorFields error) {
        return (user.isReal() ? "as user \"" + user.name() + "\": " : "") + error.message() + " (SQLSTATE "
                + error.sqlState() + ")";
    }

    private void end(@Nullable String found) {
        chain = null;
        problem = found;
        Runnable then = onEnd;
        onEnd = null;
        if (then != null) {
            then.run();
        }
    }

    @Override
    public void onReleased(ServerConnection released) {
        released.close(CloseReason.START_CHECK);
    }

    @Override
    public void onGone(ServerConnection gone, CloseReason reason) {
        server = null;
        destination
                .listener()
                .onServerEnded(ServerView.of(gone, destination.key(), ServerInfo.State.NEW), reason, Optional.empty());
    }
}
