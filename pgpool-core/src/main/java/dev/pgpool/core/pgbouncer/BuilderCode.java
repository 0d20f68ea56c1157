package dev.pgpool.core.pgbouncer;

import dev.pgpool.core.PgPool;
import dev.pgpool.core.config.AdminConfig;
import dev.pgpool.core.config.AuthConfig;
import dev.pgpool.core.config.AuthQueryConfig;
import dev.pgpool.core.config.ClientsConfig;
import dev.pgpool.core.config.DatabaseConfig;
import dev.pgpool.core.config.FleetConfig;
import dev.pgpool.core.config.HostConfig;
import dev.pgpool.core.config.HostsConfig;
import dev.pgpool.core.config.LdapBuilder;
import dev.pgpool.core.config.LdapConfig;
import dev.pgpool.core.config.LimitsConfig;
import dev.pgpool.core.config.ListenConfig;
import dev.pgpool.core.config.PgPoolConfig;
import dev.pgpool.core.config.PoolConfig;
import dev.pgpool.core.config.ServerLifeConfig;
import dev.pgpool.core.config.SessionStateConfig;
import dev.pgpool.core.config.TcpConfig;
import dev.pgpool.core.config.TimeoutsConfig;
import dev.pgpool.core.config.TlsConfig;
import dev.pgpool.core.config.TlsIdentity;
import dev.pgpool.core.config.TlsTrust;
import dev.pgpool.core.config.UserConfig;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The Java source that builds what an ini file describes, for hosts that embed the pooler: only what differs from the
 * builder's own defaults. Passwords are not in it: it asks a function for them.
 */
final class BuilderCode {
    private static final PgPoolConfig PLAIN =
            PgPool.builder().database(DatabaseConfig.FALLBACK, db -> {}).config();

    private static final String HEAD = """
        import dev.pgpool.core.PgPool;
        import dev.pgpool.core.PgPoolBuilder;
        import dev.pgpool.core.auth.*;
        import dev.pgpool.core.config.*;
        import java.nio.file.Path;
        import java.time.Duration;
        import java.util.function.UnaryOperator;

        // The pooler of %s: Pooler.builder(System::getenv).build().start()
        // Passwords are not in here: the function is asked for them by name%s.
        public final class Pooler {
            private Pooler() {}

            public static PgPoolBuilder builder(UnaryOperator<String> secrets) {
        %s        return PgPool.builder()%s;
            }
        }
        """;

    private final PgPoolConfig config;
    private final Optional<Path> userlist;
    private final Set<String> secrets = new HashSet<>();

    private BuilderCode(PgPoolConfig config, Optional<Path> userlist) {
        this.config = config;
        this.userlist = userlist;
    }

    /**
     * The source.
     *
     * @param userlist the file that the credentials come from
     * @param notes what is not in it, and why; a line each
     */
    static String of(Path ini, PgPoolConfig config, Optional<Path> userlist, List<String> notes) {
        BuilderCode code = new BuilderCode(config, userlist);
        String calls = code.pooler().text(2);
        String names = code.secrets.isEmpty()
                ? ""
                : ": " + code.secrets.stream().sorted().collect(Collectors.joining(", "));
        String comments = notes.stream()
                .map(note -> "        // " + JavaCode.comment(note) + "\n")
                .collect(Collectors.joining());
        return HEAD.formatted(JavaCode.comment(ini.toString()), names, comments, calls);
    }

    private JavaCode pooler() {
        JavaCode code = new JavaCode();
        listen(config.listen(), PLAIN.listen(), code);
        clients(config.clients(), PLAIN.clients(), code);
        auth(config.auth(), PLAIN.auth(), code);
        code.unless(PLAIN.poolMode(), "poolMode", config.poolMode())
                .unless(PLAIN.dns().maxTtl(), "dnsMaxTtl", config.dns().maxTtl())
                .unless(
                        PLAIN.dns().nxdomainTtl(),
                        "dnsNxdomainTtl",
                        config.dns().nxdomainTtl());
        admin(config.admin(), PLAIN.admin(), code);
        code.unless(PLAIN.peers().id(), "peerId", config.peers().id());
        config.peers()
                .peers()
                .forEach((id, peer) ->
                        code.call("peer", String.valueOf(id), JavaCode.of(peer.host()), String.valueOf(peer.port())));
        code.nestedUnlessEmpty("tcp", "tcp", tcp(config.tcp(), PLAIN.tcp()))
                .nestedUnlessEmpty("tls", "tls", tls(config.listen().tls(), TlsConfig.CLIENTS));
        config.fleet().ifPresent(fleet -> code.nested("fleet", "", "fleet", fleet(fleet)));
        config.databases().forEach((name, db) -> code.nested("database", JavaCode.of(name), "db", database(db)));
        config.users().forEach((name, user) -> code.nested("user", JavaCode.of(name), "user", user(user)));
        return code;
    }

    private static void listen(ListenConfig is, ListenConfig usual, JavaCode code) {
        if (!is.host().equals(usual.host()) || is.port() != usual.port()) {
            code.call("listen", JavaCode.of(is.host()), String.valueOf(is.port()));
        }
        is.unixSocketDirectory().ifPresent(directory -> code.call("unixSocketDirectory", JavaCode.of(directory)));
        code.unless(usual.unixSocketMode(), "unixSocketMode", is.unixSocketMode());
        is.unixSocketGroup().ifPresent(group -> code.call("unixSocketGroup", JavaCode.of(group)));
        code.unless(usual.backlog(), "backlog", is.backlog())
                .unless(usual.reusePort(), "reusePort", is.reusePort())
                .unless(usual.maxClientConnections(), "maxClientConnections", is.maxClientConnections())
                .unless(usual.loginTimeout(), "loginTimeout", is.loginTimeout());
    }

    private static void clients(ClientsConfig is, ClientsConfig usual, JavaCode code) {
        code.unless(usual.applicationNameAddHost(), "applicationNameAddHost", is.applicationNameAddHost())
                .unless(usual.loginNotice(), "loginNotice", is.loginNotice())
                .unless(usual.simpleQueries(), "simpleQueries", is.simpleQueries());
        if (!is.trackedStartupParameters().equals(usual.trackedStartupParameters())) {
            code.call("trackStartupParameters", JavaCode.all(is.trackedStartupParameters().stream()));
        }
        if (!is.ignoredStartupParameters().isEmpty()) {
            code.call("ignoreStartupParameters", JavaCode.all(is.ignoredStartupParameters().stream()));
        }
    }

    private void auth(AuthConfig is, AuthConfig usual, JavaCode code) {
        if (is.ldap().isEmpty()) {
            code.unless(usual.method(), "clientAuthentication", is.method());
        }
        code.unless(usual.trustKnownUsersOnly(), "trustKnownUsersOnly", is.trustKnownUsersOnly());
        is.hbaFile().ifPresent(rules -> code.call("hbaFile", JavaCode.of(rules)));
        // it makes ldap the method, too
        is.ldap().ifPresent(directory -> code.nested("ldap", "", "ldap", ldap(directory)));
        is.identFile().ifPresent(maps -> code.call("identFile", JavaCode.of(maps)));
        is.query().ifPresent(query -> code.nested("authQuery", "", "query", authQuery(query)));
        userlist.ifPresent(file -> code.call("credentials", "CredentialStore.file(" + JavaCode.of(file) + ")"));
    }

    private JavaCode ldap(LdapConfig is) {
        LdapConfig usual = new LdapBuilder().build();
        JavaCode code = new JavaCode()
                .call("servers", JavaCode.all(is.servers().stream()))
                .unless(usual.port(), "port", is.port())
                .unless(usual.ldaps(), "ldaps", is.ldaps())
                .unless(usual.startTls(), "startTls", is.startTls())
                .unless(usual.scope(), "scope", is.scope());
        is.prefix().ifPresent(prefix -> code.call("prefix", JavaCode.of(prefix)));
        is.suffix().ifPresent(suffix -> code.call("suffix", JavaCode.of(suffix)));
        is.baseDn().ifPresent(base -> code.call("baseDn", JavaCode.of(base)));
        is.bindDn().ifPresent(name -> code.call("bindDn", JavaCode.of(name)));
        is.bindPassword()
                .ifPresent(password -> code.call("bindPassword", "secrets.apply(" + JavaCode.of(secret("ldap")) + ")"));
        is.searchAttribute().ifPresent(name -> code.call("searchAttribute", JavaCode.of(name)));
        is.searchFilter().ifPresent(filter -> code.call("searchFilter", JavaCode.of(filter)));
        return code;
    }

    private static void admin(AdminConfig is, AdminConfig usual, JavaCode code) {
        if (!is.adminUsers().isEmpty()) {
            code.call("adminUsers", JavaCode.all(is.adminUsers().stream().sorted()));
        }
        if (!is.statsUsers().isEmpty()) {
            code.call("statsUsers", JavaCode.all(is.statsUsers().stream().sorted()));
        }
        code.unless(usual.owner(), "ownerIsAdmin", is.owner())
                .unless(usual.everybody(), "everybodyIsAdmin", is.everybody())
                .unless(usual.maxClients(), "maxConsoleClients", is.maxClients())
                .unless(usual.statsPeriod(), "statsPeriod", is.statsPeriod());
    }

    private static JavaCode tcp(TcpConfig is, TcpConfig usual) {
        return new JavaCode()
                .unless(usual.keepAlive(), "keepAlive", is.keepAlive())
                .unless(usual.keepAliveIdle(), "keepAliveIdle", is.keepAliveIdle())
                .unless(usual.keepAliveInterval(), "keepAliveInterval", is.keepAliveInterval())
                .unless(usual.keepAliveProbes(), "keepAliveProbes", is.keepAliveProbes())
                .unless(usual.userTimeout(), "userTimeout", is.userTimeout())
                .unless(usual.socketBuffer(), "socketBuffer", is.socketBuffer())
                .unless(usual.deferAccept(), "deferAccept", is.deferAccept());
    }

    /** An ini names PEM files, and no passwords for them. */
    private static JavaCode tls(TlsConfig is, TlsConfig usual) {
        JavaCode code = new JavaCode().unless(usual.mode(), "mode", is.mode());
        is.identity()
                .map(TlsIdentity.Pem.class::cast)
                .ifPresent(pem -> code.call("certificate", JavaCode.of(pem.certificate()), JavaCode.of(pem.key())));
        is.trust().map(TlsTrust.Pem.class::cast).ifPresent(pem -> code.call("trust", JavaCode.of(pem.certificates())));
        if (!is.protocols().equals(usual.protocols())) {
            code.call("protocols", JavaCode.all(is.protocols().stream()));
        }
        if (!is.cipherSuites().isEmpty()) {
            code.call("cipherSuites", JavaCode.all(is.cipherSuites().stream()));
        }
        return code;
    }

    private JavaCode database(DatabaseConfig is) {
        JavaCode code = new JavaCode();
        hosts(is.hosts(), code);
        is.databaseName().ifPresent(name -> code.call("databaseName", JavaCode.of(name)));
        is.user().ifPresent(user -> code.call("user", JavaCode.of(user)));
        is.password()
                .ifPresent(password -> code.call("password", "secrets.apply(" + JavaCode.of(secret(is.name())) + ")"));
        is.connectQuery().ifPresent(sql -> code.call("connectQuery", JavaCode.of(sql)));
        pool(is.pool(), code);
        SessionStateConfig state = SessionStateConfig.DEFAULT;
        code.unless(state.resetQuery(), "serverResetQuery", is.sessionState().resetQuery())
                .unless(
                        state.resetAlways(),
                        "serverResetQueryAlways",
                        is.sessionState().resetAlways())
                .nestedUnlessEmpty("tls", "tls", tls(is.tls(), TlsConfig.SERVERS));
        is.authQuery().ifPresent(query -> code.nestedUnlessEmpty("authQuery", "query", authQuery(query)));
        is.fleet().ifPresent(fleet -> code.nested("fleet", "", "fleet", fleet(fleet)));
        return code;
    }

    /** A name that an environment may have, and that no other database has. */
    private String secret(String database) {
        String letters =
                database.toUpperCase(Locale.ROOT).replaceAll("[^A-Z0-9]+", "_").replaceAll("^_|_$", "");
        String base = database.equals(DatabaseConfig.FALLBACK) ? "FALLBACK" : letters.isEmpty() ? "DATABASE" : letters;
        String name = base + "_PASSWORD";
        for (int i = 2; !secrets.add(name); i++) {
            name = base + "_PASSWORD_" + i;
        }
        return name;
    }

    private static void hosts(HostsConfig is, JavaCode code) {
        HostConfig first = is.hosts().get(0);
        if (is.hosts().size() == 1 && first.host().indexOf(':') < 0) {
            code.call("host", JavaCode.of(first.host()));
            code.unless(5_432, "port", first.port());
        } else {
            code.call("hosts", JavaCode.all(is.hosts().stream().map(HostConfig::toString)));
        }
        DatabaseConfig usual = PLAIN.databases().values().iterator().next();
        code.unless(usual.hosts().loadBalance(), "loadBalanceHosts", is.loadBalance());
    }

    private static void pool(PoolConfig is, JavaCode code) {
        is.mode().ifPresent(mode -> code.call("mode", JavaCode.of(mode)));
        limits(is.limits(), LimitsConfig.DEFAULT, code);
        timeouts(is.timeouts(), TimeoutsConfig.DEFAULT, code);
        servers(is.servers(), ServerLifeConfig.DEFAULT, code);
        code.unless(PoolConfig.DEFAULT.maxPreparedStatements(), "maxPreparedStatements", is.maxPreparedStatements());
    }

    private static void limits(LimitsConfig is, LimitsConfig usual, JavaCode code) {
        code.unless(usual.maxConnections(), "maxConnections", is.maxConnections())
                .unless(usual.minConnections(), "minConnections", is.minConnections())
                .unless(usual.reserveConnections(), "reserveConnections", is.reserveConnections())
                .unless(usual.reserveTimeout(), "reserveTimeout", is.reserveTimeout())
                .unless(usual.maxParallelConnects(), "maxParallelConnects", is.maxParallelConnects())
                .unless(usual.maxServerConnections(), "maxServerConnections", is.maxServerConnections())
                .unless(usual.maxClients(), "maxClients", is.maxClients());
    }

    private static void timeouts(TimeoutsConfig is, TimeoutsConfig usual, JavaCode code) {
        code.unless(usual.queryWait(), "waitTimeout", is.queryWait())
                .unless(usual.waitNotice(), "waitNotice", is.waitNotice())
                .unless(usual.query(), "queryTimeout", is.query())
                .unless(usual.transaction(), "transactionTimeout", is.transaction())
                .unless(usual.idleInTransaction(), "idleInTransactionTimeout", is.idleInTransaction())
                .unless(usual.clientIdle(), "clientIdleTimeout", is.clientIdle())
                .unless(usual.connect(), "connectTimeout", is.connect())
                .unless(usual.connectRetryDelay(), "connectRetryDelay", is.connectRetryDelay())
                .unless(usual.cancel(), "cancelTimeout", is.cancel());
    }

    private static void servers(ServerLifeConfig is, ServerLifeConfig usual, JavaCode code) {
        code.unless(usual.lifetime(), "serverLifetime", is.lifetime())
                .unless(usual.idleTimeout(), "serverIdleTimeout", is.idleTimeout())
                .unless(usual.checkDelay(), "serverCheckDelay", is.checkDelay())
                .unless(usual.checkQuery(), "serverCheckQuery", is.checkQuery())
                .unless(usual.roundRobin(), "serverRoundRobin", is.roundRobin())
                .unless(usual.fastClose(), "serverFastClose", is.fastClose())
                .unless(usual.poolIdleTimeout(), "poolIdleTimeout", is.poolIdleTimeout())
                .unless(usual.autoDatabaseIdleTimeout(), "autoDatabaseIdleTimeout", is.autoDatabaseIdleTimeout());
    }

    private static JavaCode authQuery(AuthQueryConfig is) {
        JavaCode code = new JavaCode().call("user", JavaCode.of(is.user()));
        is.database()
                .ifPresent(name ->
                        code.call("database", JavaCode.of(name)).unless(false, "failAtLogin", is.failAtLogin()));
        return code.unless(AuthQueryConfig.DEFAULT_QUERY, "query", is.query());
    }

    private static JavaCode fleet(FleetConfig is) {
        JavaCode code = new JavaCode()
                .call("name", JavaCode.of(is.name()))
                .call("maxServerConnections", String.valueOf(is.maxServerConnections()))
                .unless(1, "weight", is.weight());
        is.database().ifPresent(name -> code.call("database", JavaCode.of(name)));
        return code;
    }

    private static JavaCode user(UserConfig is) {
        JavaCode code = new JavaCode();
        is.mode().ifPresent(mode -> code.call("mode", JavaCode.of(mode)));
        is.maxConnections().ifPresent(n -> code.call("maxConnections", String.valueOf(n)));
        is.reserveConnections().ifPresent(n -> code.call("reserveConnections", String.valueOf(n)));
        code.unless(0, "maxServerConnections", is.maxServerConnections()).unless(0, "maxClients", is.maxClients());
        is.waitTimeout().ifPresent(time -> code.call("waitTimeout", JavaCode.of(time)));
        is.queryTimeout().ifPresent(time -> code.call("queryTimeout", JavaCode.of(time)));
        is.transactionTimeout().ifPresent(time -> code.call("transactionTimeout", JavaCode.of(time)));
        is.idleInTransactionTimeout().ifPresent(time -> code.call("idleInTransactionTimeout", JavaCode.of(time)));
        is.clientIdleTimeout().ifPresent(time -> code.call("clientIdleTimeout", JavaCode.of(time)));
        is.fleet().ifPresent(fleet -> code.nested("fleet", "", "fleet", fleet(fleet)));
        return code;
    }
}
