package dev.pgpool.core.internal.client;

import dev.pgpool.core.auth.Authenticator;
import dev.pgpool.core.auth.ClientAuthentication;
import dev.pgpool.core.auth.Credential;
import dev.pgpool.core.config.AdminConfig;
import dev.pgpool.core.config.AuthConfig;
import dev.pgpool.core.config.DatabaseConfig;
import dev.pgpool.core.config.PgPoolConfig;
import dev.pgpool.core.config.UserConfig;
import dev.pgpool.core.event.CloseReason;
import dev.pgpool.core.internal.auth.ClientAuthenticator;
import dev.pgpool.core.internal.auth.hba.AccessRules;
import dev.pgpool.core.internal.auth.hba.ClientAttributes;
import dev.pgpool.core.internal.auth.hba.HbaRule;
import dev.pgpool.core.internal.auth.hba.RuleFiles;
import dev.pgpool.core.internal.pool.ServerPool;
import dev.pgpool.core.internal.server.ServerConnection;
import dev.pgpool.core.internal.tls.PeerCertificate;
import dev.pgpool.core.internal.tls.TlsServerEndPoint;
import dev.pgpool.core.internal.tls.TlsSession;
import dev.pgpool.core.internal.transport.Transport;
import dev.pgpool.core.internal.wire.BackendWriter;
import dev.pgpool.core.internal.wire.ErrorFields;
import dev.pgpool.core.internal.wire.FrontendType;
import dev.pgpool.core.internal.wire.MessageCursor;
import dev.pgpool.core.internal.wire.PoolerError;
import dev.pgpool.core.internal.wire.StartupPacket;
import dev.pgpool.core.internal.wire.WireViolation;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Phase: from the StartupMessage to the end of authentication. Fails closed: whatever goes wrong is a refusal. What
 * comes after it is {@link Welcome} or {@link ReplicationPhase}.
 *
 * <p>Longer than most: the order of its steps is what a login's safety rests on, and is to be read in one piece.
 */
final class LoginPhase implements ClientPhase, LoginExchange.Outcome {
    private static final Logger LOGGER = LoggerFactory.getLogger(LoginPhase.class);
    /** PostgreSQL's PG_MAX_AUTH_TOKEN_LENGTH. */
    private static final int MAX_PASSWORD_MESSAGE = 65_535;
    /** The name that PgBouncer has for who runs it. */
    private static final String OWNER = "pgbouncer";

    private final ClientSession session;
    private final StartupPacket.Startup startup;
    private final boolean replication;
    private final StartupSettings settings;
    private final Peer peer;
    private @Nullable LoginExchange exchange;
    /** Something else than the client has to act next: a store, files, or a worker. */
    private boolean busy = true;

    private boolean provenOwner;

    LoginPhase(ClientSession session, StartupPacket.Startup startup) {
        this.session = session;
        this.startup = startup;
        this.replication = ReplicationRequest.isWanted(startup.parameters().get("replication"));
        // those of a replication client are for its server alone to judge
        this.settings = replication ? StartupSettings.NONE : StartupSettings.of(startup);
        this.peer = Peer.of(session.channel(), session.tls());
    }

    void begin() {
        String user = user();
        if (user.isEmpty()) {
            throw new WireViolation(PoolerError.NO_USER_NAME, "");
        }
        session.identity().introduced(user, database());
        // operators must be able to look when the house is full, or is being closed
        if (!PgPoolConfig.isConsole(database()) && !isAdmitted()) {
            return;
        }
        if (startup.minor() > StartupPacket.NEWEST_MINOR
                || !startup.protocolOptions().isEmpty()) {
            BackendWriter.negotiateProtocolVersion(
                    session.out().space(),
                    Math.min(startup.minor(), StartupPacket.NEWEST_MINOR),
                    startup.protocolOptions());
        }
        if (mayBeOwner()) {
            later(
                    CompletableFuture.supplyAsync(
                            () -> SystemUsers.isOurs(session.channel()),
                            session.services().workers()),
                    ours -> {
                        if (ours) {
                            provenOwner = true;
                            accepted(Unpooled.EMPTY_BUFFER, LoginExchange.Admission.PLAIN);
                        } else {
                            findRules();
                        }
                    });
        } else {
            findRules();
        }
    }

    /** Who runs the process may use its console without proving more: he may do anything to it anyway. */
    private boolean mayBeOwner() {
        return PgPoolConfig.isConsole(database())
                && user().equals(OWNER)
                && Transport.isUnix(peer.remote())
                && session.services().config().admin().owner();
    }

    private void findRules() {
        RuleFiles files = session.services().login().rules();
        if (files == null) {
            apply(AccessRules.forAll(session.services().config().auth().method()));
            return;
        }
        // files may have changed, and looking at them may block
        later(CompletableFuture.supplyAsync(files::current, session.services().workers()), this::apply);
    }

    private boolean isAdmitted() {
        if (!session.services().clients().isAdmitting()) {
            session.fail(PoolerError.SHUTTING_DOWN.plain(), CloseReason.SHUTDOWN);
            return false;
        }
        PoolerError overLimit = session.admission().admit() ? count() : PoolerError.TOO_MANY_CLIENTS;
        if (overLimit != null) {
            session.fail(overLimit.plain(), CloseReason.TOO_MANY_CLIENTS);
            return false;
        }
        return true;
    }

    // ---- by which method

    private void apply(AccessRules rules) {
        ClientAttributes client =
                new ClientAttributes(peer.address(), peer.encrypted(), isPhysicalReplication(), database(), user());
        Optional<HbaRule> rule = rules.find(client);
        if (rule.isEmpty()) {
            refused(PoolerError.NO_HBA_ENTRY.with(client.described()), "no rule is for this client");
            return;
        }
        switch (rule.get().method()) {
            case TRUST -> accepted(Unpooled.EMPTY_BUFFER, LoginExchange.Admission.PLAIN);
            case REJECT ->
                refused(
                        session.services().login().rules() == null
                                ? PoolerError.LOGIN_REJECTED.with(user())
                                : PoolerError.HBA_REJECTED.with(client.described()),
                        "rejected by " + rule.get().where());
            case PASSWORD, MD5, SCRAM_SHA_256 ->
                later(
                        session.services().login().secrets().find(database(), user()),
                        found -> askForSecret(rule.get().method(), found));
            case CERT -> checkCertificate(rules, rule.get());
            case PEER -> checkPeer(rules, rule.get());
            case AUTHENTICATOR -> askForPassword();
        }
    }

    private void askForSecret(ClientAuthentication method, Optional<Credential> credential) {
        ClientAuthenticator authenticator = new ClientAuthenticator(
                method, user(), credential.orElse(null), session.services().random());
        TlsSession tls = session.tls();
        if (tls != null) {
            authenticator.encrypted(
                    TlsServerEndPoint.of(tls.serverCertificate()),
                    session.services().tls().clients().channelBinding());
        }
        ask(new SecretExchange(session, authenticator, user(), this));
    }

    private void askForPassword() {
        AuthConfig auth = session.services().config().auth();
        if (!peer.isConfidential() && !auth.authenticatorWithoutTls()) {
            refused(PoolerError.CLEARTEXT_REFUSED.with(user()), "a password in clear over TCP without TLS");
            return;
        }
        ask(new AuthenticatorExchange(
                session,
                auth.authenticator().orElseThrow(),
                session.services().login().blocking(),
                password -> new Authenticator.Request(
                        user(),
                        database(),
                        peer.remote(),
                        peer.encrypted(),
                        startup.parameters().getOrDefault("application_name", ""),
                        password),
                user(),
                this));
    }

    private void ask(LoginExchange begun) {
        exchange = begun;
        busy = false;
        begun.begin(session.out().space());
    }

    private void checkCertificate(AccessRules rules, HbaRule rule) {
        PeerCertificate certificate = peer.certificate();
        if (certificate == null) {
            refused(PoolerError.CERTIFICATE_REFUSED.with(user()), "no certificate that TLS has verified");
            return;
        }
        String name = rule.byDistinguishedName() ? certificate.distinguishedName() : certificate.commonName();
        if (name != null && !name.isEmpty() && rules.allows(rule, name, user())) {
            accepted(Unpooled.EMPTY_BUFFER, LoginExchange.Admission.PLAIN);
            return;
        }
        String reason = name == null || name.isEmpty()
                ? "the certificate has no name of the wanted kind"
                : "the certificate is for \"" + name + "\", who may not be this user by " + rule.where();
        refused(PoolerError.CERTIFICATE_REFUSED.with(user()), reason);
    }

    private void checkPeer(AccessRules rules, HbaRule rule) {
        later(
                CompletableFuture.supplyAsync(
                        () -> SystemUsers.nameOf(session.channel()),
                        session.services().workers()),
                name -> {
                    if (name.isPresent() && rules.allows(rule, name.get(), user())) {
                        accepted(Unpooled.EMPTY_BUFFER, LoginExchange.Admission.PLAIN);
                    } else {
                        refused(
                                PoolerError.PEER_REFUSED.with(user()),
                                name.map(known -> "the peer is \"" + known + "\", who may not be this user by "
                                                + rule.where())
                                        .orElse("the system does not say who the peer is"));
                    }
                });
    }

    /** Goes on, on the event loop, with what is found elsewhere; whatever goes wrong there is a refusal. */
    private <T> void later(CompletionStage<T> stage, Consumer<T> next) {
        EventLoop loop = session.channel().eventLoop();
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

    private @Nullable PoolerError count() {
        PgPoolConfig config = session.services().config();
        int maxOfDatabase = config.database(database())
                .map(database -> database.pool().limits().maxClients())
                .orElse(0);
        return session.admission()
                .count(
                        database(),
                        maxOfDatabase,
                        user(),
                        config.user(user()).map(UserConfig::maxClients).orElse(0));
    }

    /** How long the client may ask for nothing. */
    private Duration idleTimeout(DatabaseConfig database) {
        return session.services()
                .config()
                .user(user())
                .flatMap(UserConfig::clientIdleTimeout)
                .orElse(database.pool().timeouts().clientIdle());
    }

    private <T> void found(@Nullable T found, @Nullable Throwable problem, Consumer<T> next) {
        if (problem != null || found == null) {
            LOGGER.atWarn().addKeyValue("user", user()).setCause(problem).log("login lookup failed");
            session.fail(PoolerError.AUTHENTICATION_UNAVAILABLE.with(user()), CloseReason.CLIENT_LOGIN_FAILED);
        } else {
            next.accept(found);
        }
    }

    /** Logical replication is of a database, and rules see it as they see everybody who uses that. */
    private boolean isPhysicalReplication() {
        return replication && !"database".equals(startup.parameters().get("replication"));
    }

    private String user() {
        return startup.parameters().getOrDefault("user", "");
    }

    private String database() {
        String database = startup.parameters().getOrDefault("database", "");
        return database.isEmpty() ? user() : database;
    }

    // ---- what the client answers

    @Override
    public void onRead(ClientSession s, ByteBuf bytes) {
        s.walk(bytes);
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

    // ---- where it leads

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

    @Override
    public void refused(ErrorFields error, String reason) {
        LOGGER.atInfo()
                .addKeyValue("client", peer.remote())
                .addKeyValue("user", user())
                .addKeyValue("database", database())
                .addKeyValue("reason", reason)
                .log("login refused");
        session.fail(error, CloseReason.CLIENT_LOGIN_FAILED);
    }

    @Override
    public void accepted(ByteBuf lastMessage, LoginExchange.Admission admission) {
        exchange = null;
        busy = true;
        session.out().run(lastMessage);
        if (PgPoolConfig.isConsole(database())) {
            enterConsole();
            return;
        }
        Optional<DatabaseConfig> database = session.services().config().database(database());
        if (database.isEmpty()) {
            session.fail(PoolerError.NO_SUCH_DATABASE.with(database()), CloseReason.CLIENT_LOGIN_FAILED);
            return;
        }
        if (session.services().pools().commands().isDisabled(database())) {
            session.fail(PoolerError.DATABASE_DISABLED.with(database()), CloseReason.CLIENT_LOGIN_FAILED);
            return;
        }
        boolean news = session.services().login().secrets().proven(database(), user(), admission.shown());
        String serverUser = admission.serverUser();
        ServerPool pool = serverUser == null
                ? session.services().pools().enter(database.get(), database(), user())
                : session.services().pools().enterAs(database.get(), database(), serverUser);
        if (news || admission.given() != null) {
            pool.secretBecame(admission.given());
        }
        if (replication) {
            ReplicationPhase phase = new ReplicationPhase(session, startup, pool);
            session.enter(phase);
            phase.begin();
        } else {
            Welcome welcome = new Welcome(
                    session,
                    startup.minor(),
                    settings,
                    idleTimeout(database.get()).toNanos());
            session.enter(welcome);
            welcome.begin(pool);
        }
    }

    private void enterConsole() {
        AdminConfig operators = session.services().config().admin();
        boolean admin = provenOwner || operators.adminUsers().contains(user());
        if (!admin && !operators.statsUsers().contains(user())) {
            refused(PoolerError.CONSOLE_REFUSED.with(user()), "neither in adminUsers nor in statsUsers");
            return;
        }
        ConsolePhase phase = new ConsolePhase(session, session.services().console(), admin, startup.minor());
        session.enter(phase);
        phase.begin();
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
