package dev.pgpool.core.internal.client;

import dev.pgpool.core.internal.params.SessionParameters;
import dev.pgpool.core.internal.pool.ServerPool;
import dev.pgpool.core.internal.pool.Walsender;
import dev.pgpool.core.internal.server.ReplicationServer;
import dev.pgpool.core.internal.server.ServerConnection;
import dev.pgpool.core.internal.transport.Outbox;
import dev.pgpool.core.internal.wire.BackendWriter;
import dev.pgpool.core.internal.wire.ErrorFields;
import dev.pgpool.core.internal.wire.FrontendType;
import dev.pgpool.core.internal.wire.MessageCursor;
import dev.pgpool.core.internal.wire.StartupPacket;
import dev.pgpool.core.stats.CloseReason;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * Phase: a replication client, logged in. A walsender is made for it, with the client's own start-up parameters: where the
 * pool has room, else in the place of a server for which it waits like every client. From then on bytes pass both ways
 * unread, until one side closes; then the other is closed, too.
 *
 * <p>Also the phase of a client that does not replicate, but has start-up settings that only a server of its own can take.
 *
 * <pre>
 *   waiting for a place ──server──> connecting ──logged in──> relaying ──either side closes──> closed
 * </pre>
 */
final class ReplicationPhase implements ClientPhase, ReplicationServer.Peer {
    private final ClientSession session;
    private final StartupPacket.Startup startup;
    private final ServerPool pool;
    private final Walsender wanted;
    private final Accepted accepted;
    private @Nullable ServerConnection server;
    private boolean asked;
    private boolean farewell;

    ReplicationPhase(ClientSession session, StartupPacket.Startup startup, ServerPool pool, Accepted accepted) {
        this.session = session;
        this.accepted = accepted;
        this.startup = startup;
        this.pool = pool;
        this.wanted = new Walsender(session, startup.settings(), new Outcome());
    }

    void begin() {
        LaneEntry.enter(session, pool, this::beginInLane);
    }

    /** The client has entered its pool already. */
    void beginInLane() {
        asked = true;
        ServerConnection place = session.lane().walsenders().acquire(wanted);
        if (place != null) {
            onServer(session, place);
        }
    }

    @Override
    public void onServer(ClientSession s, ServerConnection place) {
        session.lane().walsenders().replace(place, wanted);
    }

    @Override
    public void onNoServer(ClientSession s, ErrorFields error) {
        session.lane().giveUp(session);
        session.fail(error, session.lane().whyNone());
    }

    @Override
    public void onLongWait(ClientSession s) {
        accepted.tellLongWait(session);
    }

    /** What becomes of the walsender. */
    private final class Outcome implements Walsender.Outcome {
        @Override
        public boolean isWanted() {
            return !session.isClosed();
        }

        @Override
        public void onConnected(ServerConnection walsender) {
            if (session.isClosed()) {
                walsender.close(CloseReason.CLIENT_CLOSED);
            } else {
                session.guard(() -> {
                    if (accepted.holds()) {
                        relay(walsender);
                    } else {
                        walsender.close(CloseReason.SERVER_REPLACED);
                    }
                });
            }
        }

        @Override
        public void onFailed(ErrorFields error) {
            session.fail(
                    error.sqlState().startsWith("08") ? error : error.refused("login failed"),
                    CloseReason.SERVER_UNAVAILABLE);
        }
    }

    @Override
    public String replication() {
        String asked = startup.parameters().get("replication");
        if (!ReplicationRequest.isWanted(asked)) {
            return "none";
        }
        return "database".equals(asked) ? "logical" : "physical";
    }

    @Override
    public boolean isFarewell() {
        return farewell;
    }

    @Override
    public boolean isRelaying() {
        return true;
    }

    private void relay(ServerConnection walsender) {
        server = walsender;
        ReplicationServer.begin(walsender, this);
        ByteBuf out = session.out().space();
        accepted.tell(out);
        walsender.readOnlyParameters().forEach((name, value) -> BackendWriter.parameterStatus(out, name, value));
        SessionParameters reported = walsender.loginParameters();
        for (String name : reported.names()) {
            String value = reported.get(name);
            if (value != null) {
                BackendWriter.parameterStatus(out, name, value);
            }
        }
        LoginEnd.tell(session, startup.minor(), out);
        session.out().flush();
        session.loggedIn(pool.key());
        session.readable(true);
        session.resume();
        walsender.out().flush();
    }

    @Override
    public void onRead(ClientSession s, ByteBuf bytes) {
        s.connection().walk(bytes);
        ServerConnection to = server;
        if (to != null) {
            to.out().flush();
        }
    }

    @Override
    public void onMessages(ClientSession s, MessageCursor in) {
        ServerConnection to = server;
        if (to == null) {
            // a client must not speak before it is welcome: it waits
            return;
        }
        while (in.next()) {
            if (in.type() == FrontendType.QUERY) {
                s.linked().requireSimpleQueries();
            }
            farewell |= in.type() == FrontendType.TERMINATE && in.bodyLength() == 0;
            in.forward();
        }
        to.out().run(in.takeRun());
        if (!to.out().isWritable()) {
            s.readable(false);
        }
    }

    @Override
    public void onWritable(ClientSession s) {
        ServerConnection from = server;
        if (from != null && !from.isClosed()) {
            from.readable(true);
        }
    }

    @Override
    public void onCancel(ClientSession s, Runnable dealtWith) {
        ServerConnection running = server;
        if (running == null) {
            dealtWith.run();
        } else {
            s.lane().cancels().cancel(running, () -> server == running, dealtWith);
        }
    }

    @Override
    public Outbox out() {
        return session.out();
    }

    @Override
    public void onServerWritable() {
        session.readable(true);
    }

    @Override
    public void onServerClosed() {
        // as a server closes: what it had to say has been passed on, also its last error
        session.closeWhenSent(CloseReason.SERVER_CLOSED);
    }

    @Override
    public void onClosed() {
        ServerConnection mine = server;
        server = null;
        if (mine != null) {
            mine.close(CloseReason.CLIENT_CLOSED);
        } else if (asked) {
            // before, it is not on the event loop of the lane
            session.lane().walsenders().abandon(wanted);
        }
    }
}
