package dev.pgpool.core.internal.admin;

import dev.pgpool.core.config.DatabaseConfig;
import dev.pgpool.core.config.HostConfig;
import dev.pgpool.core.config.LimitsConfig;
import dev.pgpool.core.config.LoadBalanceHosts;
import dev.pgpool.core.config.PgPoolConfig;
import dev.pgpool.core.config.PoolMode;
import dev.pgpool.core.config.UserConfig;
import dev.pgpool.core.stats.ClientInfo;
import dev.pgpool.core.stats.DnsInfo;
import dev.pgpool.core.stats.Latency;
import dev.pgpool.core.stats.PgPoolSnapshot;
import dev.pgpool.core.stats.PgPoolSnapshot.Pool;
import dev.pgpool.core.stats.PgPoolSnapshot.Status;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** SHOW POOLS, DATABASES, USERS, LISTS and the like: what there is, and how much of it. */
final class PoolTables {
    private static final String CONSOLE = ConsoleTraffic.DATABASE;
    /** What the console's own entry says in PgBouncer. */
    private static final int CONSOLE_POOL_SIZE = 2;

    private static final long MICROS = 1_000_000;

    private PoolTables() {}

    static ResultTable pools(PgPoolSnapshot snapshot, PgPoolConfig config, List<ClientInfo> clients) {
        ResultTable table = new ResultTable("database s, user s, cl_active i, cl_waiting i, cl_active_cancel_req i,"
                + " cl_waiting_cancel_req i, sv_active i, sv_active_cancel i, sv_being_canceled i, sv_idle i,"
                + " sv_used i, sv_tested i, sv_login i, maxwait i, maxwait_us i, pool_mode s, load_balance_hosts s");
        for (Pool pool : snapshot.pools()) {
            PgPoolSnapshot.ServerStates servers = pool.serverStates();
            table.row(
                    pool.key().database(),
                    pool.key().user(),
                    pool.clients() - pool.clientsWaiting(),
                    pool.clientsWaiting(),
                    0,
                    0,
                    servers.active(),
                    0,
                    servers.beingCanceled(),
                    pool.serversIdle() - servers.used(),
                    servers.used(),
                    servers.tested(),
                    servers.connecting(),
                    pool.longestWait().toSeconds(),
                    pool.longestWait().toNanos() / 1_000 % MICROS,
                    mode(pool.mode()),
                    config.database(pool.key().database())
                            .flatMap(database -> Optional.ofNullable(loadBalance(database)))
                            .orElse(null));
        }
        return table.row(
                CONSOLE,
                CONSOLE,
                operators(clients),
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                mode(PoolMode.STATEMENT),
                null);
    }

    private static long operators(List<ClientInfo> clients) {
        return clients.stream()
                .filter(client -> client.state() == ClientInfo.State.CONSOLE)
                .count();
    }

    static ResultTable databases(PgPoolSnapshot snapshot, PgPoolConfig config, List<ClientInfo> clients) {
        ResultTable table = new ResultTable("name s, host s, port i, database s, force_user s, pool_size i,"
                + " min_pool_size i, reserve_pool_size i, server_lifetime i, pool_mode s, load_balance_hosts s,"
                + " max_connections i, current_connections i, max_client_connections i, current_client_connections i,"
                + " paused i, disabled i");
        for (PgPoolSnapshot.Database database : snapshot.databases()) {
            Optional<DatabaseConfig> entry = config.database(database.name());
            if (entry.isEmpty()) {
                continue;
            }
            DatabaseConfig db = entry.get();
            LimitsConfig limits = db.pool().limits();
            List<HostConfig> hosts = db.hosts().hosts();
            table.row(
                    database.name(),
                    hosts.stream().map(HostConfig::host).collect(Collectors.joining(",")),
                    hosts.get(0).port(),
                    db.databaseName().orElse(database.name()),
                    db.user().orElse(null),
                    limits.maxConnections(),
                    limits.minConnections(),
                    limits.reserveConnections(),
                    db.pool().servers().lifetime().toSeconds(),
                    db.pool().mode().map(PoolTables::mode).orElse(null),
                    loadBalance(db),
                    limits.maxServerConnections(),
                    database.servers(),
                    limits.maxClients(),
                    database.clients(),
                    database.paused() ? 1 : 0,
                    database.disabled() ? 1 : 0);
        }
        return table.row(
                CONSOLE,
                null,
                config.listen().port(),
                CONSOLE,
                CONSOLE,
                CONSOLE_POOL_SIZE,
                0,
                0,
                0,
                mode(PoolMode.STATEMENT),
                null,
                0,
                0,
                config.admin().maxClients(),
                operators(clients),
                0,
                0);
    }

    /** Those who have an entry, and those who are here or whose servers are. */
    static ResultTable users(PgPoolSnapshot snapshot, PgPoolConfig config, List<ClientInfo> clients) {
        ResultTable table = new ResultTable("name s, pool_size s, reserve_pool_size s, pool_mode s,"
                + " max_user_connections i, current_connections i, max_user_client_connections i,"
                + " current_client_connections i");
        Map<String, Long> logins =
                clients.stream().collect(Collectors.groupingBy(ClientInfo::user, TreeMap::new, Collectors.counting()));
        Map<String, Integer> servers = snapshot.pools().stream()
                .collect(Collectors.toMap(pool -> pool.key().user(), Pool::servers, Integer::sum));
        for (String name : userNames(snapshot, config, clients)) {
            Optional<UserConfig> user = config.user(name);
            table.row(
                    name,
                    number(user.map(UserConfig::maxConnections).orElse(OptionalInt.empty())),
                    number(user.map(UserConfig::reserveConnections).orElse(OptionalInt.empty())),
                    user.flatMap(UserConfig::mode).map(PoolTables::mode).orElse(null),
                    user.map(UserConfig::maxServerConnections).orElse(0),
                    servers.getOrDefault(name, 0),
                    user.map(UserConfig::maxClients).orElse(0),
                    logins.getOrDefault(name, 0L));
        }
        return table;
    }

    private static Set<String> userNames(PgPoolSnapshot snapshot, PgPoolConfig config, List<ClientInfo> clients) {
        Set<String> names = new TreeSet<>(config.users().keySet());
        names.remove(UserConfig.FALLBACK);
        names.addAll(config.admin().adminUsers());
        names.addAll(config.admin().statsUsers());
        snapshot.pools().forEach(pool -> names.add(pool.key().user()));
        clients.stream().map(ClientInfo::user).filter(name -> !name.isEmpty()).forEach(names::add);
        return names;
    }

    static ResultTable lists(
            PgPoolSnapshot snapshot, PgPoolConfig config, List<ClientInfo> clients, List<DnsInfo> names) {
        long loggingIn = clients.stream()
                .filter(client -> client.state() == ClientInfo.State.LOGIN)
                .count();
        int idle = snapshot.pools().stream().mapToInt(Pool::serversIdle).sum();
        int servers = snapshot.pools().stream().mapToInt(Pool::servers).sum();
        return new ResultTable("list s, items i")
                // the console is one of them
                .row("databases", snapshot.databases().size() + 1)
                .row("users", userNames(snapshot, config, clients).size())
                .row("peers", config.peers().peers().size())
                .row("pools", snapshot.pools().size() + 1)
                .row("peer_pools", config.peers().peers().size())
                // nothing is kept for clients and servers that are not there
                .row("free_clients", 0)
                .row("used_clients", clients.size() - loggingIn)
                .row("login_clients", loggingIn)
                .row("free_servers", idle)
                .row("used_servers", servers - idle)
                .row("dns_names", names.size())
                .row("dns_zones", 0)
                .row(
                        "dns_queries",
                        names.stream()
                                .filter(name -> name.addresses().isEmpty())
                                .count())
                .row("dns_pending", 0);
    }

    static ResultTable peers(PgPoolConfig config) {
        ResultTable table = new ResultTable("peer_id i, host s, port i, pool_size i");
        config.peers().peers().values().forEach(peer -> table.row(peer.id(), peer.host(), peer.port(), 0));
        return table;
    }

    static ResultTable peerPools(PgPoolConfig config) {
        ResultTable table = new ResultTable(
                "peer_id i, cl_active_cancel_req i, cl_waiting_cancel_req i, sv_active_cancel i, sv_login i");
        config.peers().peers().values().forEach(peer -> table.row(peer.id(), 0, 0, 0, 0));
        return table;
    }

    static ResultTable state(PgPoolSnapshot snapshot) {
        Status status = snapshot.status();
        return new ResultTable("key s, value s")
                .row("active", yes(status == Status.ACTIVE))
                .row("paused", yes(status == Status.PAUSED))
                .row("suspended", yes(status == Status.SUSPENDED))
                .row("draining", yes(status == Status.DRAINING))
                .row("active_loops", Integer.toString(snapshot.activeLoops()));
    }

    static ResultTable dnsHosts(List<DnsInfo> names) {
        ResultTable table = new ResultTable("hostname s, ttl q, addrs s");
        names.forEach(name -> table.row(
                name.name(),
                name.remaining().toSeconds(),
                name.addresses().stream()
                        .map(address -> address.getHostAddress())
                        .collect(Collectors.joining(","))));
        return table;
    }

    /** Ours: how long things took, since the pool began. */
    static ResultTable latencies(PgPoolSnapshot snapshot) {
        ResultTable table = new ResultTable(
                "database s, user s, what s, count q, total_us q, p50_us q, p90_us q, p99_us q, max_us q");
        Map<String, Function<PgPoolSnapshot.Latencies, Latency>> kinds = new TreeMap<>(Map.of(
                "wait", PgPoolSnapshot.Latencies::waited,
                "query", PgPoolSnapshot.Latencies::query,
                "transaction", PgPoolSnapshot.Latencies::transaction,
                "connect", PgPoolSnapshot.Latencies::connect,
                "login", PgPoolSnapshot.Latencies::login));
        snapshot.pools()
                .forEach(pool -> kinds.forEach((name, of) -> {
                    Latency latency = of.apply(pool.latencies());
                    table.row(
                            pool.key().database(),
                            pool.key().user(),
                            name,
                            latency.count(),
                            micros(latency.total()),
                            micros(latency.p50()),
                            micros(latency.p90()),
                            micros(latency.p99()),
                            micros(latency.max()));
                }));
        return table;
    }

    /** Ours: what keeps clients on their servers, what is taken off servers, and why connections end. */
    static ResultTable events(PgPoolSnapshot snapshot) {
        ResultTable table = new ResultTable("database s, user s, event s, reason s, count q");
        for (Pool pool : snapshot.pools()) {
            String database = pool.key().database();
            String user = pool.key().user();
            new TreeMap<>(pool.pins()).forEach((kind, count) -> table.row(database, user, "pin", kind.label(), count));
            table.row(database, user, "cleaning", "", pool.cleanings());
            table.row(database, user, "rollback", "", pool.rollbacks());
            table.row(database, user, "eviction", "", pool.evictions());
            new TreeMap<>(pool.clientCloses())
                    .forEach((reason, count) -> table.row(database, user, "client_close", reason.label(), count));
            new TreeMap<>(pool.serverCloses())
                    .forEach((reason, count) -> table.row(database, user, "server_close", reason.label(), count));
        }
        return table;
    }

    private static long micros(Duration duration) {
        return duration.toNanos() / 1_000;
    }

    private static String yes(boolean value) {
        return value ? "yes" : "no";
    }

    /** As text, which PgBouncer has there: empty for none. */
    private static String number(OptionalInt value) {
        return value.isPresent() ? String.valueOf(value.getAsInt()) : "";
    }

    private static String mode(PoolMode mode) {
        return mode.name().toLowerCase(Locale.ROOT);
    }

    /** Null where there is nothing to choose from. */
    private static @Nullable String loadBalance(DatabaseConfig database) {
        if (database.hosts().hosts().size() < 2) {
            return null;
        }
        return database.hosts().loadBalance() == LoadBalanceHosts.DISABLE ? "disable" : "round-robin";
    }
}
