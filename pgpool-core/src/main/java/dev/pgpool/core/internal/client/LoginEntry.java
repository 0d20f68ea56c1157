package dev.pgpool.core.internal.client;

import dev.pgpool.core.auth.Credential;
import dev.pgpool.core.config.DatabaseConfig;
import dev.pgpool.core.config.UserConfig;
import dev.pgpool.core.internal.pool.ServerPool;
import dev.pgpool.core.internal.wire.PoolerError;
import dev.pgpool.core.stats.CloseReason;
import java.util.Optional;

/**
 * Where a client goes that has proved who it is: to the console, or into a pool, if there is a place for it. What comes after
 * that is {@link ConsolePhase}, {@link Welcome} or {@link ReplicationPhase}.
 */
final class LoginEntry {
    private final ClientSession session;
    private final LoginRequest request;
    private final LoginTerms terms;
    private final LoginPhase login;
    private final Accepted welcomed;

    LoginEntry(ClientSession session, LoginRequest request, LoginTerms terms, LoginPhase login) {
        this.session = session;
        this.request = request;
        this.terms = terms;
        this.login = login;
        this.welcomed = new Accepted(login);
    }

    void enterPool(LoginExchange.Admission with) {
        if (!session.services().clients().admits(session.isInTime())) {
            // the client has begun to log in before
            session.fail(PoolerError.SHUTTING_DOWN.plain(), CloseReason.SHUTDOWN);
            return;
        }
        Optional<DatabaseConfig> database = terms.config().database(request.database());
        if (database.isEmpty()) {
            session.fail(PoolerError.NO_SUCH_DATABASE.with(request.database()), CloseReason.CLIENT_LOGIN_FAILED);
            return;
        }
        if (session.services().pools().commands().isDisabled(request.database())) {
            session.fail(PoolerError.DATABASE_DISABLED.with(request.database()), CloseReason.CLIENT_LOGIN_FAILED);
            return;
        }
        if (!isWithinLimits(database.get())) {
            return;
        }
        ServerPool pool = pool(database.get(), with);
        if (request.replication()) {
            ReplicationPhase phase = new ReplicationPhase(session, request.startup(), pool, welcomed);
            session.enter(phase);
            phase.begin();
        } else {
            Welcome welcome = new Welcome(session, request.startup(), request.settings(), welcomed);
            session.enter(welcome);
            welcome.begin(pool);
        }
    }

    /** The pool of the client's database and user. What the client has shown or given helps to log in to servers. */
    private ServerPool pool(DatabaseConfig database, LoginExchange.Admission with) {
        boolean news = terms.login().secrets().proven(request.database(), request.user(), with.shown());
        String serverUser = with.serverUser();
        // the password of a client is of no use to another user
        Credential given = serverUser == null && database.user().isPresent() ? null : with.given();
        ServerPool pool = serverUser == null
                ? session.services().pools().enter(database, request.database(), request.user())
                : session.services().pools().enterAs(database, request.database(), serverUser);
        if (news || given != null) {
            pool.secretBecame(given);
        }
        return pool;
    }

    /** Takes the client's places, if there are any. */
    private boolean isWithinLimits(DatabaseConfig database) {
        PoolerError overLimit = session.admission()
                .admit(request.database(), database.pool().limits().maxClients(), request.user(), maxOfUser());
        if (overLimit != null) {
            session.fail(overLimit.plain(), CloseReason.TOO_MANY_CLIENTS);
        }
        return overLimit == null;
    }

    private int maxOfUser() {
        return terms.config().user(request.user()).map(UserConfig::maxClients).orElse(0);
    }

    /** @param owner whether it is proven that the client runs this process */
    void enterConsole(boolean owner) {
        OperatorRights rights = OperatorRights.of(terms.config().admin(), request.user(), owner);
        if (rights == OperatorRights.NONE) {
            session.admission().known();
            login.refused(PoolerError.CONSOLE_REFUSED.with(request.user()), "neither in adminUsers nor in statsUsers");
            return;
        }
        // an administrator gets in however many operators there are
        boolean anyhow = rights == OperatorRights.ADMIN;
        PoolerError overLimit = session.admission()
                .admitOperator(
                        anyhow ? 0 : terms.config().admin().maxClients(), request.user(), anyhow ? 0 : maxOfUser());
        if (overLimit != null) {
            session.fail(overLimit.plain(), CloseReason.TOO_MANY_CLIENTS);
            return;
        }
        ConsolePhase phase = new ConsolePhase(
                session, session.services().console(), owner, request.startup().minor());
        session.enter(phase);
        phase.begin();
    }
}
