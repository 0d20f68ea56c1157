package dev.pgpool.core.metrics;

import static dev.pgpool.core.metrics.Reading.seconds;

import dev.pgpool.core.stats.FleetInfo;
import dev.pgpool.core.stats.PgPoolSnapshot;
import dev.pgpool.core.stats.PgPoolSnapshot.Pool;
import dev.pgpool.core.stats.PgPoolSnapshot.ServerStates;
import dev.pgpool.core.stats.Traffic;
import org.jspecify.annotations.Nullable;

/**
 * Every meter, with its name in Micrometer. Those that begin with {@code pgbouncer} have the names and meanings of the
 * community's {@code pgbouncer_exporter}, so that dashboards and alert rules made for it go on; the others are ours.
 *
 * <p>Tags are bounded: databases, users, modes and reasons; never what a client says of itself.
 */
@SuppressWarnings("ImmutableEnumChecker") // its readings are functions without state
public enum PgPoolMeters {
    /** Whether the pooler runs. */
    UP("pgbouncer.up", null, "Whether the pooler runs", new Reading.OfPgPool(MeterReadings::up)),
    /** The version of PgBouncer that the console speaks like. */
    VERSION("pgbouncer.version.info", null, "Version", new Reading.Version()),

    /** SHOW LISTS: databases that are configured, or have or had clients. */
    DATABASES(
            "pgbouncer.databases",
            null,
            "Databases",
            new Reading.OfPooler(s -> s.databases().size())),
    POOLS("pgbouncer.pools", null, "Pools", new Reading.OfPooler(s -> s.pools().size())),
    USERS(
            "pgbouncer.users",
            null,
            "Users that have pools",
            new Reading.OfPooler(
                    s -> s.pools().stream().map(p -> p.key().user()).distinct().count())),
    /** Nothing is kept for clients that are not there: always 0. */
    FREE_CLIENTS("pgbouncer.free.clients", null, "Places kept for clients", new Reading.OfPooler(s -> 0)),
    FLEET_MAX(
            "pgpool.fleet.max.servers",
            null,
            "Servers that the pooler's fleets may have, all members together",
            new Reading.OfPgPool(pool -> FleetSums.of(pool, FleetInfo::maxServerConnections))),
    FLEET_USED(
            "pgpool.fleet.used.servers",
            null,
            "Servers that they have, all members together",
            new Reading.OfPgPool(pool -> FleetSums.of(pool, FleetInfo::used))),
    FLEET_HELD(
            "pgpool.fleet.held.servers",
            null,
            "Servers of these that this pooler has",
            new Reading.OfPgPool(pool -> FleetSums.of(pool, FleetInfo::held))),
    FLEET_SHARE(
            "pgpool.fleet.share.servers",
            null,
            "Servers that this pooler would have if all wanted more than there is",
            new Reading.OfPgPool(pool -> FleetSums.ofSelf(pool, FleetInfo::shareOf))),
    FLEET_LENT(
            "pgpool.fleet.lent.servers",
            null,
            "Servers of its share that others have",
            new Reading.OfPgPool(pool -> FleetSums.ofSelf(pool, FleetInfo::lentBy))),
    FLEET_BORROWED(
            "pgpool.fleet.borrowed.servers",
            null,
            "Servers beyond its share",
            new Reading.OfPgPool(pool -> FleetSums.ofSelf(pool, FleetInfo::borrowedBy))),
    FLEET_WAITING(
            "pgpool.fleet.waiting.clients",
            null,
            "Clients that wait, of all members together",
            new Reading.OfPgPool(pool -> FleetSums.of(
                    pool,
                    fleet -> fleet.members().stream()
                            .mapToInt(FleetInfo.Member::waiting)
                            .sum()))),
    FLEET_MEMBERS(
            "pgpool.fleet.members",
            null,
            "Members of the pooler's fleets",
            new Reading.OfPgPool(
                    pool -> FleetSums.of(pool, fleet -> fleet.members().size()))),
    DNS_NAMES(
            "pgbouncer.cached.dns.names",
            null,
            "Names of servers that were looked up",
            new Reading.OfPgPool(MeterReadings::dnsNames)),
    /** There are no zones: always 0. */
    DNS_ZONES("pgbouncer.cached.dns.zones", null, "Zones watched", new Reading.OfPooler(s -> 0)),
    DNS_QUERIES(
            "pgbouncer.in.flight.dns.queries",
            null,
            "Names of servers that have no address yet",
            new Reading.OfPgPool(MeterReadings::unknownNames)),
    ACTIVE_LOOPS(
            "pgpool.active.loops",
            null,
            "Event loops that carry traffic, as many as it needs",
            new Reading.OfPooler(PgPoolSnapshot::activeLoops)),
    USED_CLIENTS(
            "pgbouncer.used.clients",
            null,
            "Clients logged in",
            new Reading.OfPooler(s -> s.clients() - s.clientsLoggingIn())),
    LOGIN_CLIENTS(
            "pgbouncer.login.clients",
            null,
            "Clients that are not logged in yet",
            new Reading.OfPooler(PgPoolSnapshot::clientsLoggingIn)),
    FREE_SERVERS(
            "pgbouncer.free.servers",
            null,
            "Servers that no client uses",
            new Reading.OfPooler(
                    s -> s.pools().stream().mapToInt(Pool::serversIdle).sum())),
    USED_SERVERS(
            "pgbouncer.used.servers",
            null,
            "Servers in use",
            new Reading.OfPooler(s -> s.pools().stream()
                    .mapToInt(p -> p.servers() - p.serversIdle())
                    .sum())),

    /** SHOW CONFIG. */
    MAX_CLIENTS(
            "pgbouncer.config.max.client",
            "connections",
            "Clients that may be connected",
            new Reading.OfConfig(c -> c.listen().maxClientConnections())),
    /**
     * The servers that all pools may have together, 0 if there is no limit. PgBouncer's is the setting max_user_connections,
     * with whose default of 0 the exporter's alert on saturation divides by nothing.
     */
    MAX_USER_CONNECTIONS(
            "pgbouncer.config.max.user",
            "connections",
            "Servers that one user may have",
            new Reading.OfConfig(Limits::mostServers)),

    /** SHOW DATABASES. */
    POOL_SIZE(
            "pgbouncer.databases.pool.size",
            null,
            "Servers that a pool of the database may have",
            new Reading.OfDatabaseConfig(d -> d.pool().limits().maxConnections())),
    RESERVE_POOL(
            "pgbouncer.databases.reserve.pool",
            null,
            "Servers beyond that while clients wait too long",
            new Reading.OfDatabaseConfig(d -> d.pool().limits().reserveConnections())),
    MAX_CONNECTIONS(
            "pgbouncer.databases.max",
            "connections",
            "Servers that all pools of the database may have",
            new Reading.OfDatabaseConfig(d -> d.pool().limits().maxServerConnections())),
    CURRENT_CONNECTIONS(
            "pgbouncer.databases.current",
            "connections",
            "Servers that all pools of the database have",
            new Reading.OfConfiguredDatabase(PgPoolSnapshot.Database::servers)),

    PAUSED(
            "pgbouncer.databases.paused",
            null,
            "Whether the database is paused",
            new Reading.OfConfiguredDatabase(d -> d.paused() ? 1 : 0)),
    DISABLED(
            "pgbouncer.databases.disabled",
            null,
            "Whether the database takes no new clients",
            new Reading.OfConfiguredDatabase(d -> d.disabled() ? 1 : 0)),

    /** SHOW CLIENTS, counted; without the exporter's tag application_name, which has as many values as clients like. */
    CLIENT_CONNECTIONS(
            "pgbouncer.client",
            "connections",
            "Clients logged in, by state",
            new Reading.ByState(MeterReadings::clientStates)),

    /** SHOW STATS_TOTALS; each also as {@code pgbouncer.stats.totals}, as newer exporters call them. */
    QUERIES("pgbouncer.stats.queries.pooled", null, "Queries answered", new Reading.OfTraffic(Traffic::queries)),
    QUERY_TIME(
            "pgbouncer.stats.queries.duration",
            "seconds",
            "Time that servers worked on queries",
            new Reading.OfTraffic(t -> seconds(t.queryTime()))),
    RECEIVED("pgbouncer.stats.received", "bytes", "Bytes from clients", new Reading.OfTraffic(Traffic::bytesReceived)),
    SENT("pgbouncer.stats.sent", "bytes", "Bytes to clients", new Reading.OfTraffic(Traffic::bytesSent)),
    WAIT_TIME(
            "pgbouncer.stats.client.wait",
            "seconds",
            "Time that clients waited for servers",
            new Reading.OfTraffic(t -> seconds(t.waitTime()))),
    TRANSACTIONS(
            "pgbouncer.stats.sql.transactions.pooled",
            null,
            "Transactions ended",
            new Reading.OfTraffic(Traffic::transactions)),
    TRANSACTION_TIME(
            "pgbouncer.stats.server.in.transaction",
            "seconds",
            "Time that clients were in transactions",
            new Reading.OfTraffic(t -> seconds(t.transactionTime()))),
    CLIENT_PARSES(
            "pgbouncer.stats.client.parses",
            null,
            "Parse messages from clients",
            new Reading.OfTraffic(Traffic::clientParses)),
    SERVER_PARSES(
            "pgbouncer.stats.server.parses",
            null,
            "Parse messages to servers",
            new Reading.OfTraffic(Traffic::serverParses)),
    BINDS("pgbouncer.stats.binds", null, "Bind messages from clients", new Reading.OfTraffic(Traffic::binds)),
    ASSIGNMENTS(
            "pgbouncer.stats.server.assignments",
            null,
            "Times that a client was given a server",
            new Reading.OfTraffic(Traffic::serverAssignments)),

    /** SHOW POOLS. */
    CLIENT_ACTIVE(
            "pgbouncer.pools.client.active",
            "connections",
            "Clients that have a server or want none",
            new Reading.OfPool(p -> p.clients() - p.clientsWaiting())),
    CLIENT_WAITING(
            "pgbouncer.pools.client.waiting",
            "connections",
            "Clients that wait for a server",
            new Reading.OfPool(Pool::clientsWaiting)),
    SERVER_ACTIVE(
            "pgbouncer.pools.server.active",
            "connections",
            "Servers that a client has",
            MeterReadings.states(ServerStates::active)),
    SERVER_BEING_CANCELED(
            "pgbouncer.pools.server.being.canceled",
            "connections",
            "Servers that a cancel request is on its way to",
            MeterReadings.states(ServerStates::beingCanceled)),
    SERVER_IDLE(
            "pgbouncer.pools.server.idle",
            "connections",
            "Servers ready for a client",
            new Reading.OfPool(p -> p.serversIdle() - p.serverStates().used())),
    SERVER_USED(
            "pgbouncer.pools.server.used",
            "connections",
            "Servers to be checked before use",
            MeterReadings.states(ServerStates::used)),
    SERVER_TESTING(
            "pgbouncer.pools.server.testing",
            "connections",
            "Servers being checked",
            MeterReadings.states(ServerStates::tested)),
    SERVER_LOGIN(
            "pgbouncer.pools.server.login",
            "connections",
            "Servers under construction",
            MeterReadings.states(ServerStates::connecting)),
    MAX_WAIT(
            "pgbouncer.pools.client.maxwait",
            "seconds",
            "How long the first of those who wait has waited",
            new Reading.OfPool(p -> seconds(p.longestWait()))),

    /** Timers of each pool: {@code _seconds_count}, {@code _seconds_sum}, and {@code _percentile_seconds} with the tag phi. */
    WAIT(
            "pgpool.wait",
            "seconds",
            "Waits of clients for servers",
            new Reading.OfLatency(PgPoolSnapshot.Latencies::waited)),
    QUERY("pgpool.query", "seconds", "Queries", new Reading.OfLatency(PgPoolSnapshot.Latencies::query)),
    TRANSACTION(
            "pgpool.transaction",
            "seconds",
            "Transactions",
            new Reading.OfLatency(PgPoolSnapshot.Latencies::transaction)),
    CONNECT(
            "pgpool.connect",
            "seconds",
            "Connects to servers until they are ready",
            new Reading.OfLatency(PgPoolSnapshot.Latencies::connect)),
    LOGIN("pgpool.login", "seconds", "Logins of clients", new Reading.OfLatency(PgPoolSnapshot.Latencies::login)),

    PINNED(
            "pgpool.clients.pinned",
            null,
            "Clients that session state keeps on their server",
            new Reading.OfPool(Pool::clientsPinned)),
    STATEMENTS("pgpool.statements", null, "Different prepared statements known", new Reading.OfPool(Pool::statements)),
    /** Of the last day; asked for once a minute. */
    ADVISED_SERVERS(
            "pgpool.advice.servers",
            null,
            "Servers at which 99 % of the waits of the last day would have vanished; NaN while nothing is known",
            new Reading.OfAdvice(MeterReadings::advised)),
    ADVISED_CHANGE(
            "pgpool.advice.change",
            null,
            "Whether the pool was too small in the last day (1), too large (-1), or neither (0)",
            new Reading.OfAdvice(MeterReadings::change)),
    /** Counters of each pool from here on. */
    PINS(
            "pgpool.pins",
            null,
            "Times that session state kept a client on its server, by kind",
            new Reading.ByReason(MeterReadings::pins)),
    ROLLBACKS(
            "pgpool.rollbacks",
            null,
            "Transactions rolled back because their client left",
            new Reading.OfPool(Pool::rollbacks)),
    CLEANINGS(
            "pgpool.cleanings",
            null,
            "Times that session state was taken off a server",
            new Reading.OfPool(Pool::cleanings)),
    EVICTIONS(
            "pgpool.evictions",
            null,
            "Servers closed to make room for other pools",
            new Reading.OfPool(Pool::evictions)),
    CONNECT_FAILURES(
            "pgpool.connect.failures",
            null,
            "Server connections that could not be made",
            new Reading.OfTraffic(Traffic::connectFailures)),
    CLIENT_CLOSES(
            "pgpool.client.closes",
            null,
            "Ends of clients that had logged in, by reason",
            new Reading.ByReason(p -> MeterReadings.closes(p.clientCloses()))),
    CLOSES_BEFORE_LOGIN(
            "pgpool.closes.before.login",
            null,
            "Ends of connections that were never let in, by reason",
            new Reading.OfPoolerByReason(s -> MeterReadings.closes(s.closesBeforeLogin()))),
    SERVER_CLOSES(
            "pgpool.server.closes",
            null,
            "Ends of server connections, by reason",
            new Reading.ByReason(p -> MeterReadings.closes(p.serverCloses())));

    private final String meterName;
    private final @Nullable String baseUnit;
    private final String description;

    @SuppressWarnings("ImmutableEnumChecker") // functions without a state
    private final Reading reading;

    PgPoolMeters(String meterName, @Nullable String baseUnit, String description, Reading reading) {
        this.meterName = meterName;
        this.baseUnit = baseUnit;
        this.description = description;
        this.reading = reading;
    }

    /** The name in Micrometer, without its unit. */
    public String meterName() {
        return meterName;
    }

    /** The base unit, or null. */
    public @Nullable String baseUnit() {
        return baseUnit;
    }

    /** What it means. */
    public String description() {
        return description;
    }

    /** Whether its value only grows. */
    public boolean isCounter() {
        return reading instanceof Reading.OfTraffic
                || reading instanceof Reading.ByReason
                || reading instanceof Reading.OfPoolerByReason
                || this == ROLLBACKS
                || this == CLEANINGS
                || this == EVICTIONS;
    }

    Reading reading() {
        return reading;
    }
}
