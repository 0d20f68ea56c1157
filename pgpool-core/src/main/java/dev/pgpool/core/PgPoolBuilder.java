package dev.pgpool.core;

import dev.pgpool.core.auth.Authenticator;
import dev.pgpool.core.auth.ClientAuthentication;
import dev.pgpool.core.auth.CredentialStore;
import dev.pgpool.core.config.AuthQueryBuilder;
import dev.pgpool.core.config.DatabaseBuilder;
import dev.pgpool.core.config.DatabaseConfig;
import dev.pgpool.core.config.FleetBuilder;
import dev.pgpool.core.config.LdapBuilder;
import dev.pgpool.core.config.PeerConfig;
import dev.pgpool.core.config.PgPoolConfig;
import dev.pgpool.core.config.PoolMode;
import dev.pgpool.core.config.TcpBuilder;
import dev.pgpool.core.config.TlsBuilder;
import dev.pgpool.core.config.UserBuilder;
import dev.pgpool.core.config.UserConfig;
import dev.pgpool.core.event.PgPoolListener;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/** Describes a pooler. Not thread-safe; nothing is checked or started before {@link #build()}. */
public final class PgPoolBuilder {
    private final Map<String, DatabaseConfig> databases = new LinkedHashMap<>();
    private final Map<String, UserConfig> users = new LinkedHashMap<>();
    private PoolMode poolMode = PoolMode.TRANSACTION;
    private final InstanceDraft instance = new InstanceDraft();
    private final ListenDraft listen = new ListenDraft();
    private final ClientsDraft clients = new ClientsDraft();
    private final AuthDraft auth = new AuthDraft();
    private final AdminDraft admin = new AdminDraft();
    private final BuilderProblems problems = new BuilderProblems();
    private final NetworkDraft network = new NetworkDraft();
    private PgPoolListener listener = PgPoolListener.NONE;

    PgPoolBuilder() {}

    /**
     * Default {@code pgpool}. Tells it from other poolers of the process: begins the names of its threads, stands in the log lines
     * of its start and end and in {@code toString}, and is the tag {@code pool} of its meters unless it is the default.
     */
    public PgPoolBuilder name(String name) {
        instance.name = Objects.requireNonNull(name, "name");
        return this;
    }

    /** Default true. If false, the process does not end before the pooler is closed. */
    public PgPoolBuilder daemonThreads(boolean daemonThreads) {
        instance.daemonThreads = daemonThreads;
        return this;
    }

    /**
     * Default negative: {@link PgPool#start()} asks no database. As HikariCP has it: for so long it asks those that do not
     * answer again, and fails; with zero it asks once, and fails only on a refusal that waiting does not mend.
     */
    public PgPoolBuilder initializationFailTimeout(Duration timeout) {
        instance.initializationFailTimeout = Objects.requireNonNull(timeout, "timeout");
        return this;
    }

    /**
     * Default: no TCP address, which is enough for clients of the same process; in Spring Boot {@code 127.0.0.1} and 6432.
     * Host {@code *} listens on all addresses; several are separated by commas; the empty one listens on the unix socket
     * only. Port 0 takes a free one.
     */
    public PgPoolBuilder listen(String host, int port) {
        listen.at(Objects.requireNonNull(host, "host"), port);
        return this;
    }

    /**
     * Default none. Also listens on {@code <directory>/.s.PGSQL.<port>}, port 6432 without {@link #listen}. One that begins with {@code @}
     * is in Linux' abstract namespace, as {@code psql -h @name} has it: without a file, and open to every process of the machine.
     */
    public PgPoolBuilder unixSocketDirectory(Path directory) {
        listen.unixSocketDirectory = Optional.of(Objects.requireNonNull(directory, "directory"));
        return this;
    }

    /** Default 0777. Permissions of the unix socket, as octal digits. */
    public PgPoolBuilder unixSocketMode(String octal) {
        listen.unixSocketMode = Objects.requireNonNull(octal, "octal");
        return this;
    }

    /** Default: that of the process. The group of the unix socket's file, by name or number; the process must be in it. */
    public PgPoolBuilder unixSocketGroup(String group) {
        listen.unixSocketGroup = Optional.of(Objects.requireNonNull(group, "group"));
        return this;
    }

    /** Default 1024. Connections that the system keeps for us until we accept them. */
    public PgPoolBuilder backlog(int backlog) {
        listen.backlog = backlog;
        return this;
    }

    /**
     * Default false. Sets {@code SO_REUSEPORT} on the TCP listeners: other processes of the same user with the same setting may
     * listen on the same addresses. So a pooler can be replaced without an error for any client: the new one starts, then the old
     * one {@linkplain PgPool#awaitClients() waits for its clients}. Each process needs a {@link #unixSocketDirectory} of its own.
     */
    public PgPoolBuilder reusePort(boolean reusePort) {
        listen.reusePort = reusePort;
        return this;
    }

    /**
     * Default false. Lets servers see where clients come from: {@code psql} becomes {@code psql - 10.0.0.7:50312} in the
     * {@code application_name} that the client has at the end of its login and after RESET; no name becomes {@code app}. What
     * a client SETs later is taken as it is. PostgreSQL keeps 63 bytes of it.
     */
    public PgPoolBuilder applicationNameAddHost(boolean add) {
        clients.applicationNameAddHost = add;
        return this;
    }

    /** Default empty, none. A NOTICE that each client gets when it has logged in; sent as it is, in UTF-8. */
    public PgPoolBuilder loginNotice(String text) {
        clients.loginNotice = Objects.requireNonNull(text, "text");
        return this;
    }

    /**
     * Default none: what a client gives at start-up becomes a setting of its session. Parameters of these names are dropped instead,
     * in any letters, also within {@code options}; the name {@code options} drops all that is given there. As in PgBouncer,
     * client_encoding, DateStyle, TimeZone, standard_conforming_strings and application_name are applied anyway.
     */
    public PgPoolBuilder ignoreStartupParameters(String... names) {
        clients.ignoredStartupParameters = List.of(Objects.requireNonNull(names, "names"));
        return this;
    }

    /**
     * Default IntervalStyle, as PgBouncer's {@code track_extra_parameters}. Start-up parameters that {@link
     * #ignoreStartupParameters} does not drop, besides those that it never drops. Where nothing is ignored it says nothing:
     * every parameter is tracked.
     */
    public PgPoolBuilder trackStartupParameters(String... names) {
        clients.trackedStartupParameters = List.of(Objects.requireNonNull(names, "names"));
        return this;
    }

    /**
     * Default true. If false, a client that sends a simple query is refused ({@code 0A000}) and disconnected: only the
     * extended protocol is left, which takes one statement at a time. The console goes on with simple queries.
     */
    public PgPoolBuilder simpleQueries(boolean allowed) {
        clients.simpleQueries = allowed;
        return this;
    }

    /** Default 10,000. Clients beyond this get {@code 53300}. */
    public PgPoolBuilder maxClientConnections(int maxClientConnections) {
        listen.maxClientConnections = maxClientConnections;
        return this;
    }

    /** Default 60 s. How long a client may take to log in. */
    public PgPoolBuilder loginTimeout(Duration loginTimeout) {
        listen.loginTimeout = Objects.requireNonNull(loginTimeout, "loginTimeout");
        return this;
    }

    /** Default SCRAM-SHA-256. How clients prove who they are, unless there is an {@link #hbaFile}. */
    public PgPoolBuilder clientAuthentication(ClientAuthentication authentication) {
        auth.authentication = Objects.requireNonNull(authentication, "authentication");
        return this;
    }

    /**
     * Default false. Whether {@link ClientAuthentication#TRUST}, also of an {@link #hbaFile}, lets in only users whom the
     * {@link #credentials} or the {@link #authQuery} know, as PgBouncer does it; otherwise the server decides who exists.
     */
    public PgPoolBuilder trustKnownUsersOnly(boolean knownOnly) {
        auth.trustKnownUsersOnly = knownOnly;
        return this;
    }

    /** Default: no TLS. How connections of clients are encrypted. */
    public PgPoolBuilder tls(Consumer<TlsBuilder> description) {
        listen.tls = described(TlsBuilder.forClients(), description).build();
        return this;
    }

    /** Default: knows no user. Credentials of clients, and of servers without a forced user's password. */
    public PgPoolBuilder credentials(CredentialStore credentials) {
        auth.credentials = problems.notNull(credentials, "credentials", CredentialStore.empty());
        return this;
    }

    /**
     * Default none. Rules in the format of {@code pg_hba.conf}, which choose the method for each client instead of
     * {@link #clientAuthentication}. Read by {@link #build()} and again when the file has changed; a changed file with an
     * error is logged and not used.
     */
    public PgPoolBuilder hbaFile(Path hbaFile) {
        auth.hbaFile = Optional.of(Objects.requireNonNull(hbaFile, "hbaFile"));
        return this;
    }

    /** Default none. The user maps that rules of the {@link #hbaFile} name, in the format of {@code pg_ident.conf}. */
    public PgPoolBuilder identFile(Path identFile) {
        auth.identFile = Optional.of(Objects.requireNonNull(identFile, "identFile"));
        return this;
    }

    /** Default none. Asks the server for the secrets that {@link #credentials} does not know. */
    public PgPoolBuilder authQuery(Consumer<AuthQueryBuilder> description) {
        auth.authQuery =
                Optional.of(described(new AuthQueryBuilder(), description).build());
        return this;
    }

    /** Default none. The directory that judges passwords; makes itself the method. An {@link #hbaFile} names its own ones. */
    public PgPoolBuilder ldap(Consumer<LdapBuilder> description) {
        auth.ldap = Optional.of(described(new LdapBuilder(), description).build());
        auth.authentication = ClientAuthentication.LDAP;
        return this;
    }

    /** Default none. Judges the password or token that clients send; makes itself the method, {@code authenticator} in an hba file. */
    public PgPoolBuilder authenticator(Authenticator authenticator) {
        auth.authenticator = Optional.of(Objects.requireNonNull(authenticator, "authenticator"));
        auth.authentication = ClientAuthentication.AUTHENTICATOR;
        return this;
    }

    /** Default false. Lets clients send what the {@link #authenticator} judges over TCP without TLS. */
    public PgPoolBuilder authenticatorWithoutTls(boolean allowed) {
        auth.authenticatorWithoutTls = allowed;
        return this;
    }

    /** Adds a database; the name {@code *} serves every database without an entry of its own. */
    public PgPoolBuilder database(String name, Consumer<DatabaseBuilder> description) {
        DatabaseBuilder builder = new DatabaseBuilder(Objects.requireNonNull(name, "name"));
        problems.putOnce(
                databases, "databases", name, described(builder, description).build());
        return this;
    }

    /**
     * Says what is different for a user: of all its pools, whatever the database, and of clients that log in as it. The
     * name {@code *} is for every user without an entry of its own.
     */
    public PgPoolBuilder user(String name, Consumer<UserBuilder> description) {
        UserBuilder builder = new UserBuilder(Objects.requireNonNull(name, "name"));
        problems.putOnce(users, "users", name, described(builder, description).build());
        return this;
    }

    /** Default {@link PoolMode#TRANSACTION}. For how long clients keep their servers; databases and users may differ. */
    public PgPoolBuilder poolMode(PoolMode poolMode) {
        this.poolMode = Objects.requireNonNull(poolMode, "poolMode");
        return this;
    }

    /** Default none. One budget of servers that this pooler shares with all others of the same fleet; PostgreSQL keeps it. */
    public PgPoolBuilder fleet(Consumer<FleetBuilder> description) {
        network.fleet = Optional.of(described(new FleetBuilder(), description).build());
        return this;
    }

    /**
     * Default 15 s. How long the addresses of a server's name are kept; zero looks up for each new connection. Connections to
     * addresses that are gone end at their next release. Java's own cache ({@code networkaddress.cache.ttl}) adds to it.
     */
    public PgPoolBuilder dnsMaxTtl(Duration dnsMaxTtl) {
        network.dnsMaxTtl = Objects.requireNonNull(dnsMaxTtl, "dnsMaxTtl");
        return this;
    }

    /** Default 15 s. How long it is remembered that a server's name could not be looked up. */
    public PgPoolBuilder dnsNxdomainTtl(Duration dnsNxdomainTtl) {
        network.dnsNxdomainTtl = Objects.requireNonNull(dnsNxdomainTtl, "dnsNxdomainTtl");
        return this;
    }

    /** Default: no user. Who may do everything at the console, which clients reach as database {@code pgbouncer}. */
    public PgPoolBuilder adminUsers(String... users) {
        admin.adminUsers = Set.copyOf(List.of(Objects.requireNonNull(users, "users")));
        return this;
    }

    /** Default: no user. Who may look at the console's figures, but change nothing. */
    public PgPoolBuilder statsUsers(String... users) {
        admin.statsUsers = Set.copyOf(List.of(Objects.requireNonNull(users, "users")));
        return this;
    }

    /** Default false. The system's user that runs this process may use the console by unix socket as {@code pgbouncer}, unproven. */
    public PgPoolBuilder ownerIsAdmin(boolean ownerIsAdmin) {
        admin.ownerIsAdmin = ownerIsAdmin;
        return this;
    }

    /** Default false. Every user that logs in may do everything at the console, as with PgBouncer's {@code auth_type = any}. */
    public PgPoolBuilder everybodyIsAdmin(boolean everybodyIsAdmin) {
        admin.everybodyIsAdmin = everybodyIsAdmin;
        return this;
    }

    /** Default 0, no limit. Clients at the console; beyond it users that may only look get {@code 53300}; others count, too. */
    public PgPoolBuilder maxConsoleClients(int maxConsoleClients) {
        admin.maxConsoleClients = maxConsoleClients;
        return this;
    }

    /** Default 60 s. The period that the console's averages are of: the last whole one. */
    public PgPoolBuilder statsPeriod(Duration statsPeriod) {
        admin.statsPeriod = Objects.requireNonNull(statsPeriod, "statsPeriod");
        return this;
    }

    /**
     * Default 0, no peers. Which one this is of several poolers behind one address, 1 to 16383: cancel requests that come
     * to the wrong one are forwarded to the right {@link #peer}.
     */
    public PgPoolBuilder peerId(int peerId) {
        network.peerId = peerId;
        return this;
    }

    /** Adds another pooler behind the same address, and where it can be reached itself. */
    public PgPoolBuilder peer(int id, String host, int port) {
        problems.putOnce(network.peers, "peers", id, new PeerConfig(id, Objects.requireNonNull(host, "host"), port));
        return this;
    }

    /**
     * Default: keep-alive, and the system's settings. What is told to the system of TCP connections, those of clients and
     * those to servers alike. What the transport of the platform can't do is a problem of {@link #build()}.
     */
    public PgPoolBuilder tcp(Consumer<TcpBuilder> description) {
        network.tcp = described(new TcpBuilder(), description).build();
        return this;
    }

    /**
     * Default: one for each processor. Threads that may carry the traffic. One does as long as one core can; more begin when
     * it is busy, and end when they are not needed any more.
     */
    public PgPoolBuilder eventLoops(int eventLoops) {
        instance.eventLoops = eventLoops;
        return this;
    }

    /** Default: none. */
    public PgPoolBuilder listener(PgPoolListener listener) {
        this.listener = Objects.requireNonNull(listener, "listener");
        return this;
    }

    private static <B> B described(B builder, Consumer<B> description) {
        Objects.requireNonNull(description, "description").accept(builder);
        return builder;
    }

    /**
     * Checks the description; starts nothing.
     *
     * @throws dev.pgpool.core.config.ConfigException with every problem found; if there is none in the settings, with
     *     every problem of the files of rules
     */
    public PgPool build() {
        return new PgPool(config(), null, listener);
    }

    /**
     * The description as a value.
     *
     * @throws dev.pgpool.core.config.ConfigException with every problem found
     */
    public PgPoolConfig config() {
        problems.throwIfAny();
        return new PgPoolConfig(
                instance.build(),
                listen.build(),
                clients.build(),
                databases,
                users,
                poolMode,
                auth.build(),
                network.dns(),
                admin.build(),
                network.peers(),
                network.tcp,
                network.fleet,
                instance.eventLoops);
    }
}
