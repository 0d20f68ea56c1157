package dev.pgpool.core.internal.client;

import dev.pgpool.core.internal.auth.hba.AccessRules;
import dev.pgpool.core.internal.auth.hba.RuleFiles;
import dev.pgpool.core.internal.log.LogLine;
import dev.pgpool.core.internal.server.ServerConnection;
import dev.pgpool.core.internal.transport.InProcess;
import dev.pgpool.core.internal.transport.Transport;
import dev.pgpool.core.internal.wire.BackendWriter;
import dev.pgpool.core.internal.wire.ErrorFields;
import dev.pgpool.core.internal.wire.FrontendType;
import dev.pgpool.core.internal.wire.MessageCursor;
import dev.pgpool.core.internal.wire.PoolerError;
import dev.pgpool.core.internal.wire.StartupPacket;
import dev.pgpool.core.internal.wire.WireViolation;
import dev.pgpool.core.stats.CloseReason;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Phase: from the StartupMessage to the end of authentication. Fails closed: whatever goes wrong is a refusal. A login's
 * safety rests on the order of its steps.
 *
 * <pre>
 *   begin ──> of this process, or its owner? ──no──> rules ──> LoginMethods ──asks──> LoginExchange
 *        ┌─────^       │ yes                                │                      │
 *        │             v                                    │ accepted             │ accepted
 *        │          accepted <──────────────────────────────┴──────────────────────┘
 *        └─ outdated ──┴──> LoginEntry: limits, then console or pool
 * </pre>
 *
 * <p>Wherever the login has waited for something, it checks whether the configuration has changed meanwhile ({@link
 * LoginTerms}). If so, the login begins anew, but for what the client has shown ({@link LoginProof}).
 */
final class LoginPhase implements ClientPhase, LoginExchange.Outcome {
    private static final Logger LOGGER = LoggerFactory.getLogger(LoginPhase.class);
    /** PostgreSQL's PG_MAX_AUTH_TOKEN_LENGTH. */
    private static final int MAX_PASSWORD_MESSAGE = 65_535;
    /** PgBouncer's name for the user that runs the process. */
    private static final String OWNER = "pgbouncer";

    private final ClientSession session;
    private final LoginRequest request;
    private final LoginTerms terms;
    private final LoginProof proof = new LoginProof();
    private final LoginLookup lookup;
    private final LoginMethods methods;
    private final LoginEntry entry;

    private @Nullable LoginExchange exchange;
    /** Something else than the client has to act next: a store, files, or a worker. */
    private boolean busy = true;

    private boolean provenOwner;

    LoginPhase(ClientSession session, StartupPacket.Startup startup) {
        this.session = session;
        this.request = LoginRequest.of(session, startup);
        this.terms = new LoginTerms(session);
        this.lookup = new LoginLookup(session, request, terms, this);
        this.methods = new LoginMethods(session, request, terms, proof, lookup, this);
        this.entry = new LoginEntry(session, request, terms, this);
    }

    void begin() {
        if (request.user().isEmpty()) {
            throw new WireViolation(PoolerError.NO_USER_NAME, "");
        }
        session.services().listener().onLogin(ClientView.of(session));
        // operators must be able to look when all places for clients are taken, or the pooler is being closed
        if (!request.isForConsole() && !isAdmitted()) {
            return;
        }
        StartupPacket.Startup startup = request.startup();
        if (startup.minor() > StartupPacket.NEWEST_MINOR
                || !startup.protocolOptions().isEmpty()) {
            BackendWriter.negotiateProtocolVersion(
                    session.out().space(),
                    Math.min(startup.minor(), StartupPacket.NEWEST_MINOR),
                    startup.protocolOptions());
        }
        judge();
    }

    /** Whether there is any use in proving who it is. */
    private boolean isAdmitted() {
        if (!session.services().clients().admits(session.isInTime())) {
            session.fail(PoolerError.SHUTTING_DOWN.plain(), CloseReason.SHUTDOWN);
            return false;
        }
        if (session.services().clients().isFull()) {
            // the client would be told so after the trouble of proving who it is
            session.fail(PoolerError.TOO_MANY_CLIENTS.plain(), CloseReason.TOO_MANY_CLIENTS);
            return false;
        }
        return true;
    }

    private void judge() {
        if (InProcess.is(terms.peer().remote())) {
            judgeHost();
            return;
        }
        if (!mayBeOwner()) {
            findRules();
            return;
        }
        lookup.blocking(() -> SystemUsers.isOurs(session.connection().channel()), ours -> {
            if (ours) {
                provenOwner = true;
                accepted(Unpooled.EMPTY_BUFFER, LoginExchange.Admission.PLAIN);
            } else {
                findRules();
            }
        });
    }

    /** A client of the same process is who the host says it is, unless the host has a check that objects. */
    private void judgeHost() {
        String objection = HostCheck.objection(session.connection().channel(), request);
        if (objection == null) {
            accepted(Unpooled.EMPTY_BUFFER, LoginExchange.Admission.PLAIN);
        } else {
            refused(PoolerError.LOGIN_REJECTED.with(request.user()), objection);
        }
    }

    /** The user that runs the process may use its console without more proof: that user may do anything to it anyway. */
    private boolean mayBeOwner() {
        return request.isForConsole()
                && request.user().equals(OWNER)
                && Transport.isUnix(terms.peer().remote())
                && terms.config().admin().owner();
    }

    private void findRules() {
        RuleFiles files = terms.login().rules();
        if (files == null) {
            methods.apply(AccessRules.forAll(terms.config().auth().method()));
            return;
        }
        // files may have changed, and looking at them may block
        lookup.blocking(files::current, methods::apply);
    }

    // ---- if the configuration changes

    /** The configuration has changed since the login began: it begins anew, but for what the client has shown. */
    void judgeAnew() {
        provenOwner = false;
        ErrorFields objection = terms.renew();
        if (objection != null) {
            refused(objection, "encrypted under settings that have changed");
            return;
        }
        judge();
    }

    /**
     * Whether the client that was let in, and has waited for a server since, would be let in today. If the configuration has
     * changed, its login begins anew.
     *
     * @param told whether the client was told that its authentication is over: then nothing can be asked of it any more
     */
    boolean holds(boolean told) {
        if (!terms.areOutdated()) {
            return true;
        }
        proof.keep(told);
        session.leavePool();
        session.enter(this);
        judgeAnew();
        return false;
    }

    // ---- what the client is asked, and answers

    /** Asks the client. */
    void ask(LoginProof.Asked now, LoginExchange begun) {
        proof.asked(now);
        exchange = begun;
        busy = false;
        begun.begin(session.out().space());
    }

    @Override
    public void onMessages(ClientSession s, MessageCursor in) {
        LoginExchange asked = exchange;
        while (!busy && asked != null && !s.isClosed() && in.next()) {
            if (in.type() != FrontendType.PASSWORD) {
                throw new WireViolation(
                        PoolerError.CLIENT_PROTOCOL_VIOLATION,
                        "expected password response, got message type " + (in.type() & 0xff));
            }
            in.requireAtMost(MAX_PASSWORD_MESSAGE);
            if (!in.isComplete()) {
                return;
            }
            ByteBuf body = Unpooled.copiedBuffer(in.buffer().slice(in.bodyIndex(), in.bodyLength()));
            in.skip();
            asked.onResponse(body);
        }
    }

    @Override
    public void paused() {
        busy = true;
    }

    @Override
    public void resumed() {
        if (exchange != null) {
            busy = false;
        }
        session.out().flush();
        session.readable(true);
        session.resume();
    }

    @Override
    public void goOn(ByteBuf message) {
        session.out().run(message);
    }

    // ---- where it leads

    @Override
    public void refused(ErrorFields error, String reason) {
        LogLine.info(LOGGER, "login refused")
                .with("client", terms.peer().remote())
                .with("user", request.user())
                .with("database", request.database())
                .with("reason", reason)
                .write();
        session.fail(
                methods.isUnknownToServers() ? error.logged("no such user") : error, CloseReason.CLIENT_LOGIN_FAILED);
    }

    @Override
    public void accepted(ByteBuf lastMessage, LoginExchange.Admission with) {
        proof.accepted(with);
        exchange = null;
        busy = true;
        if (terms.areOutdated()) {
            proof.keep(lastMessage);
            judgeAnew();
            return;
        }
        session.out().run(proof.takeLastMessage());
        session.out().run(lastMessage);
        if (request.isForConsole()) {
            entry.enterConsole(provenOwner);
        } else {
            entry.enterPool(with);
        }
    }

    @Override
    public String replication() {
        return request.replicationKind();
    }

    @Override
    public void onClosed() {
        proof.release();
    }

    @Override
    public void onServer(ClientSession s, ServerConnection server) {
        throw new IllegalStateException("no server before authentication");
    }

    @Override
    public void onNoServer(ClientSession s, ErrorFields error) {
        throw new IllegalStateException("no server before authentication");
    }
}
