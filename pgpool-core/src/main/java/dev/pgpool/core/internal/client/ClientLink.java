package dev.pgpool.core.internal.client;

import dev.pgpool.core.internal.link.Link;
import dev.pgpool.core.internal.link.LinkedClient;
import dev.pgpool.core.internal.params.SessionParameters;
import dev.pgpool.core.internal.prepared.ClientStatements;
import dev.pgpool.core.internal.server.ServerConnection;
import dev.pgpool.core.internal.transport.Outbox;
import dev.pgpool.core.internal.wire.ErrorFields;
import dev.pgpool.core.internal.wire.MessageCursor;
import dev.pgpool.core.internal.wire.PoolerError;
import dev.pgpool.core.internal.wire.WireViolation;
import dev.pgpool.core.stats.CloseReason;
import org.jspecify.annotations.Nullable;

/**
 * The client's side of its links: the link that it has now, what it keeps from one link to the next (parameters, statements),
 * and what events of a link mean for it. Confined to the event loop of the client.
 */
final class ClientLink implements LinkedClient {
    private final ClientSession session;
    private final ClientConnection connection;

    private @Nullable Link link;
    /** Changes with each link. */
    private int links;

    private long requestedNanos;
    private @Nullable SessionParameters parameters;
    private @Nullable SessionParameters startupParameters;
    private @Nullable ClientStatements statements;

    ClientLink(ClientSession session, ClientConnection connection) {
        this.session = session;
        this.connection = connection;
    }

    // ---- the link of now

    /** Null between transactions. */
    @Nullable
    Link link() {
        return link;
    }

    /** Begins a link with a server that belongs to the session. */
    Link begin(ServerConnection server) {
        Link begun = Link.of(server, session.lane());
        // before it is this session's: at whose end the other client would lose it
        begun.requireFree();
        link = begun;
        links = links + 1 & Integer.MAX_VALUE;
        begun.begin(this, session.lane());
        return begun;
    }

    /** The client is gone: its server is cleaned without it. */
    void abandon(boolean cancel) {
        Link current = link;
        link = null;
        if (current != null) {
            current.abandon(cancel);
        }
    }

    void flushToServer() {
        Link current = link;
        if (current != null) {
            current.flushToServer();
        }
    }

    /** Whether a message of the server was passed on in part: the client would read anything behind it as its rest. */
    boolean isMidMessage() {
        Link current = link;
        return current != null && current.isMidMessage();
    }

    /** Whether the client's messages have to wait for the server. */
    boolean isHolding() {
        Link current = link;
        return current != null && current.isHolding();
    }

    /** Whether the client has said goodbye and only waits for answers. */
    boolean isFarewell() {
        Link current = link;
        return current != null && current.isFarewell();
    }

    /** A number that changes with what the client does; negative in the middle of a transaction. */
    long activityWhileIdle() {
        Link current = link;
        if (current == null) {
            return links;
        }
        long transactions = current.transactionsWhileFree();
        return transactions < 0 ? -1 : Integer.MAX_VALUE + transactions;
    }

    /** When the client asked for something last; 0 if it has not, or never had a server. */
    long requestedNanos() {
        Link current = link;
        return current == null ? requestedNanos : current.requestedNanos();
    }

    // ---- what a link needs

    @Override
    public int id() {
        return session.id();
    }

    @Override
    public int processId() {
        return session.processId();
    }

    @Override
    public Outbox out() {
        return connection.out();
    }

    @Override
    public MessageCursor in() {
        return connection.in();
    }

    @Override
    public void readable(boolean wanted) {
        connection.readable(wanted);
    }

    @Override
    public void resume() {
        connection.resume();
    }

    @Override
    public void requireSimpleQueries() {
        if (!session.services().config().clients().simpleQueries()) {
            throw new WireViolation(PoolerError.SIMPLE_QUERIES_DISALLOWED, "");
        }
    }

    // ---- what is kept from one link to the next

    @Override
    public ClientStatements statements() {
        ClientStatements known = statements;
        if (known == null) {
            known = new ClientStatements();
            statements = known;
        }
        return known;
    }

    @Override
    public @Nullable ClientStatements knownStatements() {
        return statements;
    }

    @Override
    public SessionParameters parameters() {
        SessionParameters known = parameters;
        if (known == null) {
            throw new IllegalStateException("not logged in");
        }
        return known;
    }

    @Override
    public SessionParameters startupParameters() {
        SessionParameters known = startupParameters;
        return known == null ? parameters() : known;
    }

    /** Login is over: what the parameters are now is what they return to. */
    void beganWith(SessionParameters now) {
        startupParameters = now;
        parameters = now;
    }

    @Override
    public void parametersBecame(SessionParameters now) {
        parameters = now;
    }

    /** Empty if the client has none. */
    String applicationName() {
        SessionParameters known = parameters;
        String name = known == null ? null : known.get("application_name");
        return name == null ? "" : name;
    }

    // ---- events of the link

    @Override
    public void onUnlinked() {
        Link current = link;
        if (current != null) {
            requestedNanos = current.requestedNanos();
        }
        link = null;
        if (connection.isInputOver()) {
            session.onDisconnected();
        }
        session.phase().onUnlinked(session);
    }

    @Override
    public void onServerLost(@Nullable ErrorFields error) {
        link = null;
        if (error != null) {
            session.fail(error, CloseReason.SERVER_CLOSED);
        } else {
            session.closeWhenSent(CloseReason.SERVER_CLOSED);
        }
    }

    @Override
    public void onQueryTimeout() {
        session.services().listener().onQueryTimeout(ClientView.of(session));
    }

    @Override
    public void onTimeout(ErrorFields error, CloseReason reason) {
        session.fail(error, reason);
    }

    @Override
    public void onTerminate() {
        session.close(CloseReason.CLIENT_CLOSED, false);
    }

    @Override
    public void onFarewell() {
        session.closeWhenSent(CloseReason.CLIENT_CLOSED);
    }
}
