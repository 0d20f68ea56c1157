package dev.pgpool.core.internal.admin;

import dev.pgpool.core.stats.PgPoolSnapshot;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What can be shown, by its name in lower case. */
final class ShowCommands {
    /** PgBouncer's word for itself, which tools look for and compare. */
    static final String VERSION = "PgBouncer 1.25.2";

    static final String USAGE = "\n\tSHOW HELP|CONFIG|DATABASES|POOLS|CLIENTS|SERVERS|USERS|VERSION"
            + "\n\tSHOW PEERS|PEER_POOLS"
            + "\n\tSHOW STATS|STATS_TOTALS|STATS_AVERAGES|TOTALS"
            + "\n\tSHOW SOCKETS|ACTIVE_SOCKETS|LISTS|MEM|STATE"
            + "\n\tSHOW DNS_HOSTS|DNS_ZONES"
            + "\n\tSHOW LATENCIES|EVENTS|ADVICE|FLEET"
            + "\n\tSET key = arg"
            + "\n\tRELOAD"
            + "\n\tPAUSE [<db>]"
            + "\n\tRESUME [<db>]"
            + "\n\tDISABLE <db>"
            + "\n\tENABLE <db>"
            + "\n\tRECONNECT [<db>]"
            + "\n\tKILL [<db>]"
            + "\n\tKILL_CLIENT <client_id>"
            + "\n\tSUSPEND"
            + "\n\tSHUTDOWN"
            + "\n\tSHUTDOWN WAIT_FOR_SERVERS|WAIT_FOR_CLIENTS"
            + "\n\tWAIT_CLOSE [<db>]";

    private final AdminControl control;
    private final Map<String, Supplier<CompletionStage<ResultTable>>> tables;

    ShowCommands(AdminControl control, TrafficHistory history) {
        this.control = control;
        this.tables = Map.ofEntries(
                Map.entry("version", () -> now(new ResultTable("version s").row(VERSION))),
                Map.entry("stats", () -> of(snapshot -> StatsTables.stats(history.now(snapshot), history.period()))),
                Map.entry("stats_totals", () -> of(snapshot -> StatsTables.totals(history.now(snapshot)))),
                Map.entry(
                        "stats_averages",
                        () -> of(snapshot -> StatsTables.averages(history.now(snapshot), history.period()))),
                Map.entry("totals", () -> of(snapshot -> StatsTables.sums(history.now(snapshot), history.period()))),
                Map.entry("clients", () -> control.clients().thenCombine(control.servers(), ConnectionTables::clients)),
                Map.entry("servers", () -> control.servers().thenApply(ConnectionTables::servers)),
                Map.entry("sockets", () -> sockets(false)),
                Map.entry("active_sockets", () -> sockets(true)),
                Map.entry(
                        "pools",
                        () -> control.snapshot()
                                .thenCombine(
                                        control.clients(),
                                        (snapshot, clients) -> PoolTables.pools(snapshot, control.config(), clients))),
                Map.entry(
                        "databases",
                        () -> control.snapshot()
                                .thenCombine(
                                        control.clients(),
                                        (snapshot, clients) ->
                                                PoolTables.databases(snapshot, control.config(), clients))),
                Map.entry(
                        "users",
                        () -> control.snapshot()
                                .thenCombine(
                                        control.clients(),
                                        (snapshot, clients) -> PoolTables.users(snapshot, control.config(), clients))),
                Map.entry(
                        "lists",
                        () -> control.snapshot()
                                .thenCombine(
                                        control.clients(),
                                        (snapshot, clients) -> PoolTables.lists(
                                                snapshot, control.config(), clients, control.names()))),
                Map.entry("peers", () -> now(PoolTables.peers(control.config()))),
                Map.entry("peer_pools", () -> now(PoolTables.peerPools(control.config()))),
                Map.entry("state", () -> of(PoolTables::state)),
                Map.entry("config", () -> now(ConfigTables.config(AdminConsole.settings(control)))),
                Map.entry("mem", () -> now(ConfigTables.memory())),
                Map.entry("dns_hosts", () -> now(PoolTables.dnsHosts(control.names()))),
                Map.entry("dns_zones", () -> now(new ResultTable("zonename s, serial q, count i"))),
                Map.entry("advice", () -> control.advice().thenApply(AdviceTable::of)),
                Map.entry("fleet", () -> control.fleets().thenApply(FleetTable::of)),
                Map.entry("latencies", () -> of(PoolTables::latencies)),
                Map.entry("events", () -> of(PoolTables::events)));
    }

    /** Null if there is no such thing. */
    @Nullable
    CompletionStage<ResultTable> table(String what) {
        Supplier<CompletionStage<ResultTable>> found = tables.get(what);
        return found == null ? null : found.get();
    }

    private CompletionStage<ResultTable> of(Function<PgPoolSnapshot, ResultTable> table) {
        return control.snapshot().thenApply(table);
    }

    private CompletionStage<ResultTable> sockets(boolean activeOnly) {
        return control.clients()
                .thenCombine(
                        control.servers(),
                        (clients, servers) -> ConnectionTables.sockets(clients, servers, activeOnly));
    }

    private static CompletionStage<ResultTable> now(ResultTable table) {
        return CompletableFuture.completedFuture(table);
    }
}
