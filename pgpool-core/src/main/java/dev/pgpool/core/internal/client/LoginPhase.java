package dev.pgpool.core.internal.client;

import dev.pgpool.core.auth.ClientAuthentication;
import dev.pgpool.core.auth.Credential;
import dev.pgpool.core.config.DatabaseConfig;
import dev.pgpool.core.config.PgPoolConfig;
import dev.pgpool.core.config.UserConfig;
import dev.pgpool.core.event.CloseReason;
import dev.pgpool.core.internal.auth.AuthenticationProtocolException;
import dev.pgpool.core.internal.auth.ClientAuthenticator;
import dev.pgpool.core.internal.auth.ClientAuthenticator.Verdict;
import dev.pgpool.core.internal.pool.ServerPool;
import dev.pgpool.core.internal.server.ServerConnection;
import dev.pgpool.core.internal.tls.TlsServerEndPoint;
import dev.pgpool.core.internal.tls.TlsSession;
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
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Phase: from the StartupMessage to the end of authentication. Fails closed: whatever goes wrong is a refusal. What
 * comes after it is {@link Welcome} or {@link ReplicationPhase}.
 */
final class LoginPhase implements ClientPhase {
    private static final Logger LOGGER = LoggerFactory.getLogger(LoginPhase.class);
    /** PostgreSQL's PG_MAX_AUTH_TOKEN_LENGTH. */
    private static final int MAX_PASSWORD_MESSAGE = 65_535;

    private final ClientSession session;
    private final StartupPacket.Startup startup;
    private final boolean replication;
    private final StartupSettings settings;
    private @Nullable ClientAuthenticator authenticator;
    /** Written by a worker before its result is handed over. */
    private @Nullable AuthenticationProtocolException refusal;
    /** Something else than the client has to act next: the credential store or a worker. */
    private boolean busy = true;

    LoginPhase(ClientSession session, StartupPacket.Startup startup) {
        this.session = session;
        this.startup = startup;
        this.replication = ReplicationRequest.isWanted(startup.parameters().get("replication"));
        // those of a replication client are for its server alone to judge
        this.settings = replication ? StartupSettings.NONE : StartupSettings.of(startup);
    }

    void begin() {
        String user = user();
        if (user.isEmpty()) {
            throw new WireViolation(PoolerError.NO_USER_NAME, "");
        }
        if (!session.admit()) {
            session.fail(PoolerError.TOO_MANY_CLIENTS.plain(), CloseReason.TOO_MANY_CLIENTS);
            return;
        }
        PoolerError overLimit = count();
        if (overLimit != null) {
            session.fail(overLimit.plain(), CloseReason.TOO_MANY_CLIENTS);
            return;
        }
        if (startup.minor() > StartupPacket.NEWEST_MINOR
                || !startup.protocolOptions().isEmpty()) {
            BackendWriter.negotiateProtocolVersion(
                    session.out().space(),
                    Math.min(startup.minor(), StartupPacket.NEWEST_MINOR),
                    startup.protocolOptions());
        }
        if (method() == ClientAuthentication.TRUST) {
            authenticate(Optional.empty());
            return;
        }
        EventLoop loop = session.channel().eventLoop();
        credential(user).whenComplete((credential, problem) -> {
            if (loop.inEventLoop()) {
                session.guard(() -> onCredential(credential, problem));
            } else {
                loop.execute(() -> session.guard(() -> onCredential(credential, problem)));
            }
        });
    }

    private @Nullable PoolerError count() {
        PgPoolConfig config = session.services().config();
        int maxOfDatabase = config.database(database())
                .map(database -> database.pool().limits().maxClients())
                .orElse(0);
        return session.count(
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

    /** A store of the host may throw instead of failing. */
    private CompletionStage<Optional<Credential>> credential(String user) {
        try {
            return session.services().config().credentials().find(database(), user);
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private ClientAuthentication method() {
        return session.services().config().listen().authentication();
    }

    private String user() {
        return startup.parameters().getOrDefault("user", "");
    }

    private String database() {
        String database = startup.parameters().getOrDefault("database", "");
        return database.isEmpty() ? user() : database;
    }

    private void onCredential(@Nullable Optional<Credential> credential, @Nullable Throwable problem) {
        if (problem != null || credential == null) {
            LOGGER.atWarn().addKeyValue("user", user()).setCause(problem).log("credential store failed");
            session.fail(PoolerError.AUTHENTICATION_UNAVAILABLE.with(user()), CloseReason.CLIENT_LOGIN_FAILED);
            return;
        }
        authenticate(credential);
        session.out().flush();
        session.resume();
    }

    private void authenticate(Optional<Credential> credential) {
        ClientAuthenticator begun = new ClientAuthenticator(
                method(), user(), credential.orElse(null), session.services().random());
        TlsSession tls = session.tls();
        if (tls != null) {
            begun.encrypted(
                    TlsServerEndPoint.of(tls.serverCertificate()),
                    session.services().tls().clients().channelBinding());
        }
        authenticator = begun;
        busy = false;
        if (begun.acceptedAtOnce()) {
            accepted();
        } else {
            begun.begin(session.out().space());
        }
    }

    @Override
    public void onRead(ClientSession s, ByteBuf bytes) {
        s.walk(bytes);
    }

    @Override
    public void onMessages(ClientSession s, MessageCursor in) {
        ClientAuthenticator exchange = authenticator;
        while (!busy && exchange != null && !s.isClosed() && in.next()) {
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
            if (exchange.needsOffload()) {
                offload(exchange, body);
            } else {
                ByteBuf answer = Unpooled.buffer();
                onVerdict(step(exchange, body, answer), answer);
            }
        }
    }

    private void offload(ClientAuthenticator exchange, ByteBuf body) {
        busy = true;
        EventLoop loop = session.channel().eventLoop();
        session.services().workers().execute(() -> {
            ByteBuf answer = Unpooled.buffer();
            Verdict verdict = step(exchange, body, answer);
            loop.execute(() -> session.guard(() -> {
                busy = false;
                onVerdict(verdict, answer);
                session.out().flush();
                session.readable(true);
                session.resume();
            }));
        });
    }

    private Verdict step(ClientAuthenticator exchange, ByteBuf body, ByteBuf answer) {
        try {
            return exchange.onResponse(body, answer);
        } catch (AuthenticationProtocolException e) {
            LOGGER.atInfo()
                    .addKeyValue("user", user())
                    .addKeyValue("error", e.getMessage())
                    .log("login refused");
            refusal = e;
            return Verdict.REJECTED;
        } catch (RuntimeException e) {
            LOGGER.atError().addKeyValue("user", user()).setCause(e).log("authentication failed");
            return Verdict.REJECTED;
        }
    }

    private void onVerdict(Verdict verdict, ByteBuf answer) {
        switch (verdict) {
            case CONTINUE -> session.out().run(answer);
            case ACCEPTED -> {
                session.out().run(answer);
                accepted();
            }
            case REJECTED -> session.fail(rejection(), CloseReason.CLIENT_LOGIN_FAILED);
        }
    }

    /** PostgreSQL's words where a channel is not bound as it should be: they give away nothing about the password. */
    private ErrorFields rejection() {
        AuthenticationProtocolException known = refusal;
        if (known != null && known.isAboutTheConnection()) {
            return new ErrorFields("FATAL", known.sqlState(), String.valueOf(known.getMessage()), null, null);
        }
        return PoolerError.AUTHENTICATION_FAILED.with(user());
    }

    private void accepted() {
        busy = true;
        Optional<DatabaseConfig> database = session.services().config().database(database());
        if (database.isEmpty()) {
            session.fail(PoolerError.NO_SUCH_DATABASE.with(database()), CloseReason.CLIENT_LOGIN_FAILED);
            return;
        }
        ServerPool pool = session.services().pools().enter(database.get(), database(), user());
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

    @Override
    public void onServer(ClientSession s, ServerConnection server) {
        throw new IllegalStateException("no server before authentication");
    }

    @Override
    public void onNoServer(ClientSession s, ErrorFields error) {
        throw new IllegalStateException("no server before authentication");
    }
}
