package dev.pgpool.core.internal.client;

import dev.pgpool.core.event.CloseReason;
import dev.pgpool.core.internal.link.Link;
import dev.pgpool.core.internal.params.SessionParameters;
import dev.pgpool.core.internal.pool.ServerPool;
import dev.pgpool.core.internal.server.ServerConnection;
import dev.pgpool.core.internal.wire.BackendWriter;
import dev.pgpool.core.internal.wire.ErrorFields;
import dev.pgpool.core.internal.wire.MessageCursor;
import dev.pgpool.core.internal.wire.TransactionStatus;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * Phase: authenticated, but not told so yet. Finds the lane, goes to its event loop if need be, makes sure that a server
 * takes the client's settings, and says what PostgreSQL says: parameters, cancel key, ready.
 */
final class Welcome implements ClientPhase {
    private final ClientSession session;
    private final int protocolMinor;
    private final StartupSettings settings;
    private final Accepted accepted;
    private @Nullable ServerPool pool;
    private @Nullable SessionParameters validated;

    Welcome(ClientSession session, int protocolMinor, StartupSettings settings, Accepted accepted) {
        this.session = session;
        this.protocolMinor = protocolMinor;
        this.settings = settings;
        this.accepted = accepted;
    }

    void begin(ServerPool entered) {
        pool = entered;
        LaneEntry.enter(session, entered, this::profile);
    }

    private void profile() {
        ServerPool entered = pool();
        SessionParameters wish = entered.parameters().of(settings.validated());
        validated = wish;
        SessionParameters known = entered.profiles().find(wish);
        if (known != null) {
            welcome(known);
            return;
        }
        ServerConnection server = session.lane().acquire(session);
        if (server != null) {
            onServer(session, server);
        }
    }

    private ServerPool pool() {
        ServerPool entered = pool;
        if (entered == null) {
            throw new IllegalStateException("not begun");
        }
        return entered;
    }

    @Override
    public void onServer(ClientSession s, ServerConnection server) {
        SessionParameters wish = pool().parameters().with(server.loginParameters(), settings.validated());
        session.parametersBecame(wish);
        Link link = session.link(server);
        link.endIfReady();
    }

    /** The server has taken the settings, and has reported what became of them. */
    @Override
    public void onUnlinked(ClientSession s) {
        SessionParameters wish = validated;
        if (wish != null && !session.isClosed()) {
            pool().profiles().learn(wish, session.parameters());
            welcome(session.parameters());
        }
    }

    @Override
    public void onNoServer(ClientSession s, ErrorFields error) {
        session.fail(error, CloseReason.SERVER_UNAVAILABLE);
    }

    @Override
    public void onLongWait(ClientSession s) {
        accepted.tellLongWait(session);
    }

    private void welcome(SessionParameters profile) {
        if (!accepted.holds()) {
            return;
        }
        ServerPool entered = pool();
        SessionParameters mine = entered.parameters().with(profile, settings.free());
        session.beganWith(mine);
        CancelKey key =
                CancelKey.create(session.id(), protocolMinor, session.services().random());
        session.cancelKey(key);
        ByteBuf out = session.out().space();
        accepted.tell(out);
        entered.readOnlyParameters().forEach((name, value) -> BackendWriter.parameterStatus(out, name, value));
        SessionParameters reported = entered.reported();
        if (reported != null) {
            for (String name : reported.names()) {
                String value = mine.get(name);
                if (value != null) {
                    BackendWriter.parameterStatus(out, name, value);
                }
            }
        }
        BackendWriter.backendKeyData(out, key.processId(), key.secret());
        BackendWriter.readyForQuery(out, TransactionStatus.IDLE);
        session.out().flush();
        session.enter(QueryPhase.INSTANCE);
        session.loggedIn(entered.key());
        session.readable(true);
        session.resume();
    }

    @Override
    public void onRead(ClientSession s, ByteBuf bytes) {
        s.walk(bytes);
    }

    @Override
    public void onMessages(ClientSession s, MessageCursor in) {
        // nobody speaks before he is welcome: it waits
    }
}
