package dev.pgpool.core.internal.client;

import dev.pgpool.core.auth.Authenticator;
import dev.pgpool.core.auth.ClientAuthentication;
import dev.pgpool.core.auth.Credential;
import dev.pgpool.core.config.AuthConfig;
import dev.pgpool.core.config.ChannelBinding;
import dev.pgpool.core.config.DatabaseConfig;
import dev.pgpool.core.config.LdapConfig;
import dev.pgpool.core.config.PgPoolConfig;
import dev.pgpool.core.config.UserConfig;
import dev.pgpool.core.event.CloseReason;
import dev.pgpool.core.internal.auth.ClientAuthenticator;
import dev.pgpool.core.internal.auth.hba.AccessRules;
import dev.pgpool.core.internal.auth.hba.ClientAttributes;
import dev.pgpool.core.internal.auth.hba.HbaRule;
import dev.pgpool.core.internal.auth.hba.RuleFiles;
import dev.pgpool.core.internal.pool.ServerPool;
import dev.pgpool.core.internal.secrets.DisabledAuthDatabase;
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
    private Peer peer;
    /** The configuration that the login is judged by: if it changes meanwhile, by the new one. */
    private ClientServices terms;

    private final Accepted welcomed = new Accepted(this);
    private LoginExchange.Admission admission = LoginExchange.Admission.PLAIN;
    private @Nullable Asked asked;
    private @Nullable Proven proven;
    private @Nullable LoginExchange exchange;
    /** Something else than the client has to act next: a store, files, or a worker. */
    private boolean busy = true;

    private boolean provenOwner;
    /** No server knows the user either: what is logged then is more than the client is told. */
    private boolean unknownToServers;

    LoginPhase(ClientSession session, StartupPacket.Startup startup) {
        this.session = session;
        this.startup = session.services().config().clients().applicationNameAddHost()
                ? ApplicationHost.addedTo(startup, session.channel())
                : startup;
        session.identity().introduced(user(), database());
        this.replication = ReplicationRequest.isWanted(startup.parameters().get("replication"));
        // those of a replication client are for its server alone to judge
        this.settings = replication
                ? StartupSettings.NONE
                : StartupSettings.of(this.startup, session.services().config().clients());
        this.peer = Peer.of(session.channel(), session.tls());
        this.terms = session.services();
    }

    /**
     * What was asked of the client.
     *
     * @param binding to the encrypted connection; none without one
     * @param judge what its answer is judged by: the secret, or the host's authenticator
     */
    private record Asked(ClientAuthentication method, Optional<ChannelBinding> binding, Object judge) {
        static final Asked NOTHING = new Asked(ClientAuthentication.TRUST, Optional.empty(), "");
    }

    /**
     * What the client has shown, under terms that have changed since.
     *
     * @param lastMessage what is owed to it for that
     */
    private record Proven(Asked by, ByteBuf lastMessage, LoginExchange.Admission admission) {}

    void begin() {
        String user = user();
        if (user.isEmpty()) {
            throw new WireViolation(PoolerError.NO_USER_NAME, "");
        }
        session.services().listener().onLogin(ClientView.of(session));
        // operators must be able to look when all places for clients are taken, or the pooler is being closed
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
        judge();
    }

    private void judge() {
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

    @SuppressWarnings("ReferenceEquality") // a reload may bring the same settings with other files
    private boolean isOutdated() {
        return terms != session.services();
    }

    /** The configuration has changed since the login began: it begins anew, but for what the client has shown. */
    private void judgeAnew() {
        terms = session.services();
        provenOwner = false;
        ErrorFields objection = Encryption.objection(session);
        if (objection != null) {
            refused(objection, "encrypted under settings that have changed");
            return;
        }
        peer = Peer.of(session.channel(), session.tls());
        judge();
    }

    /**
     * Whether the client that was let in, and has waited for a server since, would be let in today. If the configuration has
     * changed, its login begins anew.
     *
     * @param told whether the client was told that its authentication is over: then nothing can be asked of it any more
     */
    boolean holds(boolean told) {
        if (!isOutdated()) {
            return true;
        }
        Asked by = asked;
        if (by != null || told) {
            proven = new Proven(by == null ? Asked.NOTHING : by, Unpooled.EMPTY_BUFFER, admission);
        }
        session.leavePool();
        session.enter(this);
        judgeAnew();
        return false;
    }

    /** Who runs the process may use its console without proving more: that user may do anything to it anyway. */
    private boolean mayBeOwner() {
        return PgPoolConfig.isConsole(database())
                && user().equals(OWNER)
                && Transport.isUnix(peer.remote())
                && terms.config().admin().owner();
    }

    private void findRules() {
        RuleFiles files = terms.login().rules();
        if (files == null) {
            apply(AccessRules.forAll(terms.config().auth().method()));
            return;
        }
        // files may have changed, and looking at them may block
        later(CompletableFuture.supplyAsync(files::current, session.services().workers()), this::apply);
    }

    /** Whether there is any use in proving who it is. */
    private boolean isAdmitted() {
        if (!session.services().clients().admits(session.isInTime())) {
            session.fail(PoolerError.SHUTTING_DOWN.plain(), CloseReason.SHUTDOWN);
            return false;
        }
        if (session.services().clients().isFull()) {
            // it would be told so after the trouble of proving who it is
            session.fail(PoolerError.TOO_MANY_CLIENTS.plain(), CloseReason.TOO_MANY_CLIENTS);
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
            case TRUST -> trust(rule.get());
            case REJECT ->
                refused(
                        terms.login().rules() == null
                                ? PoolerError.LOGIN_REJECTED.with(user())
                                : PoolerError.HBA_REJECTED.with(client.described()),
                        "rejected by " + rule.get().where());
            case PASSWORD, MD5, SCRAM_SHA_256 ->
                later(
                        terms.login().secrets().find(database(), user()),
                        found -> askForSecret(rule.get().method(), found));
            case CERT -> checkCertificate(rules, rule.get());
            case PEER -> checkPeer(rules, rule.get());
            case AUTHENTICATOR -> askForPassword();
            case LDAP ->
                askDirectory(
                        rule.get().ldap().or(() -> terms.config().auth().ldap()).orElseThrow());
        }
    }

    private void trust(HbaRule rule) {
        if (!terms.config().auth().trustKnownUsersOnly()) {
            accepted(Unpooled.EMPTY_BUFFER, LoginExchange.Admission.PLAIN);
            return;
        }
        later(terms.login().secrets().find(database(), user()), found -> {
            note(found);
            if (found.isPresent()) {
                accepted(Unpooled.EMPTY_BUFFER, LoginExchange.Admission.PLAIN);
            } else {
                PoolerError error = unknownToServers ? PoolerError.TRUST_FOUND_NOBODY : PoolerError.TRUST_REFUSED;
                refused(error.with(user()), "trusted by " + rule.where() + ", but not known");
            }
        });
    }

    private void note(Optional<Credential> found) {
        if (found.isEmpty()) {
            unknownToServers = terms.login().secrets().asksServers(database());
            session.services().listener().onUnknownUser(ClientView.of(session));
        }
    }

    private void askForSecret(ClientAuthentication method, Optional<Credential> credential) {
        note(credential);
        TlsSession tls = session.tls();
        Optional<ChannelBinding> binding = tls == null
                ? Optional.empty()
                : Optional.of(session.services().tls().clients().channelBinding());
        Asked now = new Asked(method, binding, credential);
        if (isAnswered(now)) {
            return;
        }
        ClientAuthenticator authenticator = new ClientAuthenticator(
                method, user(), credential.orElse(null), session.services().random());
        if (tls != null) {
            authenticator.encrypted(TlsServerEndPoint.of(tls.serverCertificate()), binding.orElseThrow());
        }
        ask(now, new SecretExchange(session, authenticator, user(), this));
    }

    /** Whether the client has been asked before the configuration changed: it can't be asked twice. */
    private boolean isAnswered(Asked now) {
        Proven before = proven;
        if (before == null) {
            return false;
        }
        if (before.by().equals(now)) {
            accepted(Unpooled.EMPTY_BUFFER, before.admission());
        } else {
            refused(PoolerError.LOGIN_OUTDATED.with(user()), "another method or secret by now");
        }
        return true;
    }

    private void askForPassword() {
        AuthConfig auth = terms.config().auth();
        if (!peer.isConfidential() && !auth.authenticatorWithoutTls()) {
            refused(PoolerError.CLEARTEXT_REFUSED.with(user()), "a password in clear over TCP without TLS");
            return;
        }
        Authenticator authenticator = auth.authenticator().orElseThrow();
        Asked now = new Asked(ClientAuthentication.AUTHENTICATOR, Optional.empty(), authenticator);
        if (isAnswered(now)) {
            return;
        }
        askForPassword(
                now,
                AuthenticatorExchange.Judge.ofTheHost(
                        authenticator, terms.login().blocking(), user()));
    }

    private void askDirectory(LdapConfig directory) {
        Asked now = new Asked(ClientAuthentication.LDAP, Optional.empty(), directory);
        if (!isAnswered(now)) {
            askForPassword(
                    now,
                    AuthenticatorExchange.Judge.directory(
                            directory, terms.login().directories(), user()));
        }
    }

    private void askForPassword(Asked now, AuthenticatorExchange.Judge judge) {
        ask(
                now,
                new AuthenticatorExchange(
                        session,
                        judge,
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

    private void ask(Asked now, LoginExchange begun) {
        asked = now;
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

    /** The client has proved who it is: it takes its places, if there are any. */
    private boolean isWithinLimits() {
        PoolerError overLimit = session.admission().admit(database(), maxOfDatabase(), user(), maxOfUser());
        if (overLimit != null) {
            session.fail(overLimit.plain(), CloseReason.TOO_MANY_CLIENTS);
        }
        return overLimit == null;
    }

    private int maxOfDatabase() {
        return terms.config()
                .database(database())
                .map(database -> database.pool().limits().maxClients())
                .orElse(0);
    }

    private int maxOfUser() {
        return terms.config().user(user()).map(UserConfig::maxClients).orElse(0);
    }

    private <T> void found(@Nullable T found, @Nullable Throwable problem, Consumer<T> next) {
        if (isOutdated()) {
            judgeAnew();
        } else if (Problems.cause(problem) instanceof DisabledAuthDatabase disabled) {
            refused(
                    PoolerError.AUTHENTICATION_DATABASE_DISABLED.with(disabled.database()),
                    "its user would be looked up in a disabled database");
        } else if (problem != null || found == null) {
            LOGGER.atWarn()
                    .addKeyValue("user", user())
                    .addKeyValue("database", database())
                    .addKeyValue("client", peer.remote())
                    .addKeyValue("error", Problems.words(problem))
                    .log("login lookup failed");
            if (!Problems.isOurs(problem)) {
                LOGGER.atDebug().setCause(problem).log("where it failed");
            }
            session.fail(PoolerError.AUTHENTICATION_UNAVAILABLE.with(user()), CloseReason.CLIENT_LOGIN_FAILED);
        } else {
            next.accept(found);
        }
    }

    /** Logical replication is of a database, and rules see it as they see every client that uses that. */
    private boolean isPhysicalReplication() {
        return replication && !"database".equals(startup.parameters().get("replication"));
    }

    @Override
    public String replication() {
        return !replication ? "none" : isPhysicalReplication() ? "physical" : "logical";
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
        session.fail(unknownToServers ? error.logged("no such user") : error, CloseReason.CLIENT_LOGIN_FAILED);
    }

    @Override
    public void accepted(ByteBuf lastMessage, LoginExchange.Admission with) {
        admission = with;
        exchange = null;
        busy = true;
        Asked by = asked;
        if (isOutdated()) {
            if (by != null && proven == null) {
                proven = new Proven(by, lastMessage, with);
            }
            judgeAnew();
            return;
        }
        Proven before = proven;
        proven = null;
        if (before != null) {
            session.out().run(before.lastMessage());
        }
        session.out().run(lastMessage);
        if (PgPoolConfig.isConsole(database())) {
            enterConsole();
            return;
        }
        if (!session.services().clients().admits(session.isInTime())) {
            // it has begun to log in before
            session.fail(PoolerError.SHUTTING_DOWN.plain(), CloseReason.SHUTDOWN);
            return;
        }
        Optional<DatabaseConfig> database = terms.config().database(database());
        if (database.isEmpty()) {
            session.fail(PoolerError.NO_SUCH_DATABASE.with(database()), CloseReason.CLIENT_LOGIN_FAILED);
            return;
        }
        if (session.services().pools().commands().isDisabled(database())) {
            session.fail(PoolerError.DATABASE_DISABLED.with(database()), CloseReason.CLIENT_LOGIN_FAILED);
            return;
        }
        if (!isWithinLimits()) {
            return;
        }
        boolean news = terms.login().secrets().proven(database(), user(), with.shown());
        String serverUser = with.serverUser();
        // the password of a client is of no use to another user
        Credential given = serverUser == null && database.get().user().isPresent() ? null : with.given();
        ServerPool pool = serverUser == null
                ? session.services().pools().enter(database.get(), database(), user())
                : session.services().pools().enterAs(database.get(), database(), serverUser);
        if (news || given != null) {
            pool.secretBecame(given);
        }
        if (replication) {
            ReplicationPhase phase = new ReplicationPhase(session, startup, pool, welcomed);
            session.enter(phase);
            phase.begin();
        } else {
            Welcome welcome = new Welcome(session, startup, settings, welcomed);
            session.enter(welcome);
            welcome.begin(pool);
        }
    }

    private void enterConsole() {
        OperatorRights rights = OperatorRights.of(terms.config().admin(), user(), provenOwner);
        if (rights == OperatorRights.NONE) {
            session.admission().known();
            refused(PoolerError.CONSOLE_REFUSED.with(user()), "neither in adminUsers nor in statsUsers");
            return;
        }
        // who may do everything must be able to, whatever the others do
        boolean anyhow = rights == OperatorRights.ADMIN;
        PoolerError overLimit = session.admission()
                .admitOperator(anyhow ? 0 : terms.config().admin().maxClients(), user(), anyhow ? 0 : maxOfUser());
        if (overLimit != null) {
            session.fail(overLimit.plain(), CloseReason.TOO_MANY_CLIENTS);
            return;
        }
        ConsolePhase phase = new ConsolePhase(session, session.services().console(), provenOwner, startup.minor());
        session.enter(phase);
        phase.begin();
    }

    @Override
    public void onClosed() {
        Proven before = proven;
        proven = null;
        if (before != null) {
            before.lastMessage().release();
        }
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
