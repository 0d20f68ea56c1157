package dev.pgpool.core;

import dev.pgpool.core.auth.Authenticator;
import dev.pgpool.core.auth.ClientAuthentication;
import dev.pgpool.core.auth.CredentialStore;
import dev.pgpool.core.config.AdminConfig;
import dev.pgpool.core.config.AuthConfig;
import dev.pgpool.core.config.AuthQueryBuilder;
import dev.pgpool.core.config.AuthQueryConfig;
import dev.pgpool.core.config.ClientsConfig;
import dev.pgpool.core.config.ConfigException;
import dev.pgpool.core.config.DatabaseBuilder;
import dev.pgpool.core.config.DatabaseConfig;
import dev.pgpool.core.config.DnsConfig;
import dev.pgpool.core.config.LdapBuilder;
import dev.pgpool.core.config.LdapConfig;
import dev.pgpool.core.config.ListenConfig;
import dev.pgpool.core.config.PeerConfig;
import dev.pgpool.core.config.PeersConfig;
import dev.pgpool.core.config.PgPoolConfig;
import dev.pgpool.core.config.PoolMode;
import dev.pgpool.core.config.TcpBuilder;
import dev.pgpool.core.config.TcpConfig;
import dev.pgpool.core.config.TlsBuilder;
import dev.pgpool.core.config.TlsConfig;
import dev.pgpool.core.config.UserBuilder;
import dev.pgpool.core.config.UserConfig;
import dev.pgpool.core.event.PgPoolListener;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/** Describes a pooler. Not thread-safe; nothing is checked or started before {@link #build()}. */
public final class PgPoolBuilder {
    private final Map<String, DatabaseConfig> databases = new LinkedHashMap<>();
    private final Map<String, UserConfig> users = new LinkedHashMap<>();
    private PoolMode poolMode = PoolMode.TRANSACTION;
    private final List<String> problems = new ArrayList<>();
    private String host = "127.0.0.1";
    private int port = 6432;
    private Optional<Path> unixSocketDirectory = Optional.empty();
    private String unixSocketMode = ListenConfig.EVERYBODY;
    private Optional<String> unixSocketGroup = Optional.empty();
    private int backlog = 1_024;
    private boolean reusePort;
    private boolean applicationNameAddHost = ClientsConfig.DEFAULT.applicationNameAddHost();
    private String loginNotice = ClientsConfig.DEFAULT.loginNotice();
    private boolean simpleQueries = ClientsConfig.DEFAULT.simpleQueries();
    private List<String> ignoredStartupParameters = ClientsConfig.DEFAULT.ignoredStartupParameters();
    private List<String> trackedStartupParameters = ClientsConfig.DEFAULT.trackedStartupParameters();
    private int maxClientConnections = 10_000;
    private Duration loginTimeout = Duration.ofSeconds(60);
    private ClientAuthentication authentication = ClientAuthentication.SCRAM_SHA_256;
    private TlsConfig tls = TlsConfig.CLIENTS;
    private CredentialStore credentials = CredentialStore.empty();
    private Optional<Path> hbaFile = Optional.empty();
    private Optional<Path> identFile = Optional.empty();
    private Optional<AuthQueryConfig> authQuery = Optional.empty();
    private Optional<LdapConfig> ldap = Optional.empty();
    private Optional<Authenticator> authenticator = Optional.empty();
    private boolean authenticatorWithoutTls;
    private Duration dnsMaxTtl = DnsConfig.DEFAULT.maxTtl();
    private Duration dnsNxdomainTtl = DnsConfig.DEFAULT.nxdomainTtl();
    private Set<String> adminUsers = Set.of();
    private Set<String> statsUsers = Set.of();
    private boolean ownerIsAdmin;
    private boolean everybodyIsAdmin;
    private int maxConsoleClients;
    private boolean trustKnownUsersOnly;
    private Duration statsPeriod = AdminConfig.DEFAULT_STATS_PERIOD;
    private int peerId;
    private final Map<Integer, PeerConfig> peers = new LinkedHashMap<>();
    private TcpConfig tcp = TcpConfig.DEFAULT;
    private int eventLoops = Runtime.getRuntime().availableProcessors();
    private PgPoolListener listener = PgPoolListener.NONE;

    PgPoolBuilder() {}

    /**
     * Default {@code 127.0.0.1} and 6432. Host {@code *} listens on all addresses; several are separated by commas; the
     * empty one listens on the unix socket only. Port 0 takes a free one.
     */
    public PgPoolBuilder listen(String host, int port) {
        this.host = host;
        this.port = port;
        return this;
    }

    /**
     * Default none. Also listens on {@code <directory>/.s.PGSQL.<port>}. One that begins with {@code @} is a name in Linux'
     * abstract namespace, as {@code psql -h @name} has it: there is no file, and every process of the machine may connect.
     */
    public PgPoolBuilder unixSocketDirectory(Path directory) {
        this.unixSocketDirectory = Optional.of(directory);
        return this;
    }

    /** Default 0777. Permissions of the unix socket, as octal digits. */
    public PgPoolBuilder unixSocketMode(String octal) {
        this.unixSocketMode = octal;
        return this;
    }

    /**
     * Default: that of the process. The group that the unix socket's file belongs to, by name or number; the process must
     * be in it. Means nothing to a socket of the abstract namespace.
     */
    public PgPoolBuilder unixSocketGroup(String group) {
        this.unixSocketGroup = Optional.of(group);
        return this;
    }

    /** Default 1024. Connections that the system keeps for us until we accept them. */
    public PgPoolBuilder backlog(int backlog) {
        this.backlog = backlog;
        return this;
    }

    /**
     * Default false. Sets {@code SO_REUSEPORT} on the TCP listeners, so that other processes of the same user with the same
     * setting may listen on the same addresses; the system shares new connections out among them. With it a pooler can be
     * replaced without an error for any client: the new one starts, then the old one {@linkplain PgPool#awaitClients()
     * waits for its clients} and takes no new ones. A unix socket belongs to one process only: each needs a
     * {@link #unixSocketDirectory} of its own.
     */
    public PgPoolBuilder reusePort(boolean reusePort) {
        this.reusePort = reusePort;
        return this;
    }

    /**
     * Default false. Lets servers see where clients come from: {@code psql} becomes {@code psql - 10.0.0.7:50312} in the
     * {@code application_name} that the client has at the end of its login and after RESET; no name becomes {@code app}. What
     * a client SETs later is taken as it is. PostgreSQL keeps 63 bytes of it.
     */
    public PgPoolBuilder applicationNameAddHost(boolean add) {
        this.applicationNameAddHost = add;
        return this;
    }

    /** Default empty, none. A NOTICE that each client gets when it has logged in; sent as it is, in UTF-8. */
    public PgPoolBuilder loginNotice(String text) {
        this.loginNotice = text;
        return this;
    }

    /**
     * Default none: what a client gives at start-up becomes a setting of its session. Parameters of these names are dropped
     * instead, in any letters, also within {@code options}; the name {@code options} drops all that is given there. As in
     * PgBouncer, client_encoding, DateStyle, TimeZone, standard_conforming_strings and application_name are applied anyway.
     */
    public PgPoolBuilder ignoreStartupParameters(String... names) {
        this.ignoredStartupParameters = List.of(names);
        return this;
    }

    /**
     * Default IntervalStyle, as PgBouncer's {@code track_extra_parameters}. Start-up parameters that {@link
     * #ignoreStartupParameters} does not drop, besides those that it never drops. Where nothing is ignored it says nothing:
     * every parameter is tracked.
     */
    public PgPoolBuilder trackStartupParameters(String... names) {
        this.trackedStartupParameters = List.of(names);
        return this;
    }

    /**
     * Default true. If false, a client that sends a simple query is refused ({@code 0A000}) and disconnected: only the
     * extended protocol is left, which takes one statement at a time. The console goes on with simple queries.
     */
    public PgPoolBuilder simpleQueries(boolean allowed) {
        this.simpleQueries = allowed;
        return this;
    }

    /** Default 10,000. Clients beyond this get {@code 53300}. */
    public PgPoolBuilder maxClientConnections(int maxClientConnections) {
        this.maxClientConnections = maxClientConnections;
        return this;
    }

    /** Default 60 s. How long a client may take to log in. */
    public PgPoolBuilder loginTimeout(Duration loginTimeout) {
        this.loginTimeout = loginTimeout;
        return this;
    }

    /** Default SCRAM-SHA-256. How clients prove who they are, unless there is an {@link #hbaFile}. */
    public PgPoolBuilder clientAuthentication(ClientAuthentication authentication) {
        this.authentication = authentication;
        return this;
    }

    /**
     * Default false. Whether {@link ClientAuthentication#TRUST}, also of an {@link #hbaFile}, lets in only users whom the
     * {@link #credentials} or the {@link #authQuery} know, as PgBouncer does it; otherwise the server decides who exists.
     */
    public PgPoolBuilder trustKnownUsersOnly(boolean knownOnly) {
        this.trustKnownUsersOnly = knownOnly;
        return this;
    }

    /** Default: no TLS. How connections of clients are encrypted. */
    public PgPoolBuilder tls(Consumer<TlsBuilder> description) {
        TlsBuilder builder = TlsBuilder.forClients();
        description.accept(builder);
        this.tls = builder.build();
        return this;
    }

    /** Default: knows no user. Credentials of clients, and of servers without a forced user's password. */
    public PgPoolBuilder credentials(CredentialStore credentials) {
        this.credentials = credentials;
        return this;
    }

    /**
     * Default none. Rules in the format of {@code pg_hba.conf}, which choose the method for each client instead of
     * {@link #clientAuthentication}. Read by {@link #build()} and again when the file has changed; a changed file with an
     * error is logged and not used.
     */
    public PgPoolBuilder hbaFile(Path hbaFile) {
        this.hbaFile = Optional.of(hbaFile);
        return this;
    }

    /** Default none. The user maps that rules of the {@link #hbaFile} name, in the format of {@code pg_ident.conf}. */
    public PgPoolBuilder identFile(Path identFile) {
        this.identFile = Optional.of(identFile);
        return this;
    }

    /** Default none. Asks the server for the secrets that {@link #credentials} does not know. */
    public PgPoolBuilder authQuery(Consumer<AuthQueryBuilder> description) {
        AuthQueryBuilder builder = new AuthQueryBuilder();
        description.accept(builder);
        this.authQuery = Optional.of(builder.build());
        return this;
    }

    /**
     * Default none. The directory that judges passwords of clients, and makes {@link ClientAuthentication#LDAP} the method; an
     * {@link #hbaFile} names its own ones.
     */
    public PgPoolBuilder ldap(Consumer<LdapBuilder> description) {
        LdapBuilder builder = new LdapBuilder();
        description.accept(builder);
        this.ldap = Optional.of(builder.build());
        this.authentication = ClientAuthentication.LDAP;
        return this;
    }

    /**
     * Default none. Judges clients by the password or token that they send, and makes {@link
     * ClientAuthentication#AUTHENTICATOR} the method; an {@link #hbaFile} names it {@code authenticator}.
     */
    public PgPoolBuilder authenticator(Authenticator authenticator) {
        this.authenticator = Optional.of(authenticator);
        this.authentication = ClientAuthentication.AUTHENTICATOR;
        return this;
    }

    /** Default false. Lets clients send what the {@link #authenticator} judges over TCP without TLS. */
    public PgPoolBuilder authenticatorWithoutTls(boolean allowed) {
        this.authenticatorWithoutTls = allowed;
        return this;
    }

    /** Adds a database; the name {@code *} serves every database without an entry of its own. */
    public PgPoolBuilder database(String name, Consumer<DatabaseBuilder> description) {
        DatabaseBuilder builder = new DatabaseBuilder(name);
        description.accept(builder);
        if (databases.putIfAbsent(name, builder.build()) != null) {
            problems.add("databases." + name + ": given twice (expected: once)");
        }
        return this;
    }

    /**
     * Says what is different for a user: of all its pools, whatever the database, and of clients that log in as it. The
     * name {@code *} is for every user without an entry of its own.
     */
    public PgPoolBuilder user(String name, Consumer<UserBuilder> description) {
        UserBuilder builder = new UserBuilder(name);
        description.accept(builder);
        if (users.putIfAbsent(name, builder.build()) != null) {
            problems.add("users." + name + ": given twice (expected: once)");
        }
        return this;
    }

    /** Default {@link PoolMode#TRANSACTION}. For how long clients keep their servers; databases and users may differ. */
    public PgPoolBuilder poolMode(PoolMode poolMode) {
        this.poolMode = poolMode;
        return this;
    }

    /**
     * Default 15 s. How long the addresses of a server's name are kept; zero looks up for each new connection. When they
     * change, connections to those that are gone end at their next release. The Java runtime has a cache of its own
     * beneath ({@code networkaddress.cache.ttl}), which adds to it.
     */
    public PgPoolBuilder dnsMaxTtl(Duration dnsMaxTtl) {
        this.dnsMaxTtl = dnsMaxTtl;
        return this;
    }

    /** Default 15 s. How long it is remembered that a server's name could not be looked up. */
    public PgPoolBuilder dnsNxdomainTtl(Duration dnsNxdomainTtl) {
        this.dnsNxdomainTtl = dnsNxdomainTtl;
        return this;
    }

    /** Default: no user. Who may do everything at the console, which clients reach as database {@code pgbouncer}. */
    public PgPoolBuilder adminUsers(String... users) {
        this.adminUsers = Set.copyOf(List.of(users));
        return this;
    }

    /** Default: no user. Who may look at the console's figures, but change nothing. */
    public PgPoolBuilder statsUsers(String... users) {
        this.statsUsers = Set.copyOf(List.of(users));
        return this;
    }

    /**
     * Default false. Lets who runs this process use the console by unix socket as user {@code pgbouncer}, without proving
     * anything: as PgBouncer does it.
     */
    public PgPoolBuilder ownerIsAdmin(boolean ownerIsAdmin) {
        this.ownerIsAdmin = ownerIsAdmin;
        return this;
    }

    /**
     * Default false. Lets every user that logs in do everything at the console: for poolers behind a fence, as PgBouncer's
     * {@code auth_type = any} has it.
     */
    public PgPoolBuilder everybodyIsAdmin(boolean everybodyIsAdmin) {
        this.everybodyIsAdmin = everybodyIsAdmin;
        return this;
    }

    /**
     * Default 0, no limit. Clients at the console; beyond it those who may only look get {@code 53300}. Who may do
     * everything counts as well, and is let in anyhow.
     */
    public PgPoolBuilder maxConsoleClients(int maxConsoleClients) {
        this.maxConsoleClients = maxConsoleClients;
        return this;
    }

    /** Default 60 s. The period that the console's averages are of: the last whole one. */
    public PgPoolBuilder statsPeriod(Duration statsPeriod) {
        this.statsPeriod = statsPeriod;
        return this;
    }

    /**
     * Default 0, no peers. Which one this is of several poolers behind one address, 1 to 16383: cancel requests that come
     * to the wrong one are forwarded to the right {@link #peer}.
     */
    public PgPoolBuilder peerId(int peerId) {
        this.peerId = peerId;
        return this;
    }

    /** Adds another pooler behind the same address, and where it can be reached itself. */
    public PgPoolBuilder peer(int id, String host, int port) {
        if (peers.putIfAbsent(id, new PeerConfig(id, host, port)) != null) {
            problems.add("peers." + id + ": given twice (expected: once)");
        }
        return this;
    }

    /**
     * Default: keep-alive, and the system's settings. What is told to the system of TCP connections, those of clients and
     * those to servers alike. What the transport of the platform can't do is a problem of {@link #build()}.
     */
    public PgPoolBuilder tcp(Consumer<TcpBuilder> description) {
        TcpBuilder builder = new TcpBuilder();
        description.accept(builder);
        this.tcp = builder.build();
        return this;
    }

    /** Default: one for each processor. Threads that carry the traffic. */
    public PgPoolBuilder eventLoops(int eventLoops) {
        this.eventLoops = eventLoops;
        return this;
    }

    /** Default: none. */
    public PgPoolBuilder listener(PgPoolListener listener) {
        this.listener = listener;
        return this;
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
        if (!problems.isEmpty()) {
            throw new ConfigException(problems);
        }
        ListenConfig listen = new ListenConfig(
                host,
                port,
                unixSocketDirectory,
                unixSocketMode,
                unixSocketGroup,
                backlog,
                reusePort,
                maxClientConnections,
                loginTimeout,
                tls);
        AuthConfig auth = new AuthConfig(
                authentication,
                trustKnownUsersOnly,
                hbaFile,
                identFile,
                credentials,
                authQuery,
                ldap,
                authenticator,
                authenticatorWithoutTls);
        return new PgPoolConfig(
                listen,
                new ClientsConfig(
                        applicationNameAddHost,
                        loginNotice,
                        simpleQueries,
                        ignoredStartupParameters,
                        trackedStartupParameters),
                databases,
                users,
                poolMode,
                auth,
                new DnsConfig(dnsMaxTtl, dnsNxdomainTtl),
                new AdminConfig(adminUsers, statsUsers, ownerIsAdmin, everybodyIsAdmin, maxConsoleClients, statsPeriod),
                new PeersConfig(peerId, peers),
                tcp,
                eventLoops);
    }
}
