package dev.pgpool.core.internal.pool;

import dev.pgpool.core.config.DatabaseConfig;
import dev.pgpool.core.config.FleetConfig;
import dev.pgpool.core.config.PgPoolConfig;
import dev.pgpool.core.internal.fleet.FleetClients.Scope;
import dev.pgpool.core.internal.fleet.FleetDestination;
import dev.pgpool.core.internal.fleet.FleetMember;
import dev.pgpool.core.stats.FleetInfo;
import dev.pgpool.core.stats.PoolKey;
import io.netty.channel.EventLoop;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The fleets that this process is a member of, by name. They are the same for as long as the pooler runs. Thread-safe. */
final class Fleets {
    private record Entry(FleetMember member, FleetCap cap, FleetPools pools) {}

    private final Map<String, Entry> entries = new LinkedHashMap<>();
    private final Supplier<PgPoolConfig> config;

    Fleets(PoolServices services, Supplier<PgPoolConfig> config) {
        this.config = config;
        PgPoolConfig now = config.get();
        now.fleets().forEach((fleet, database) -> {
            if (!entries.containsKey(fleet.name())) {
                entries.put(fleet.name(), make(services, fleet, database));
            }
        });
    }

    private Entry make(PoolServices services, FleetConfig fleet, String database) {
        FleetDestination destination = new FleetDestination(
                fleet.name(),
                () -> config.get().databases().get(database),
                services.credentials(),
                services.listener(),
                services.connector(),
                services.resolver(),
                services.tls());
        FleetPools pools = new FleetPools(scopes(fleet));
        EventLoop loop = services.loops()
                .get(Math.floorMod(fleet.name().hashCode(), services.loops().size()));
        FleetMember member = new FleetMember(fleet, destination, pools, loop);
        FleetCap cap = new FleetCap(member);
        pools.capIs(cap);
        return new Entry(member, cap, pools);
    }

    /** Of databases with a forced user it is known which servers they may have. */
    private Set<Scope> scopes(FleetConfig fleet) {
        PgPoolConfig now = config.get();
        Set<Scope> scopes = new HashSet<>();
        for (DatabaseConfig database : now.databases().values()) {
            database.user().ifPresent(user -> {
                if (now.fleet(database, user).filter(fleet::equals).isPresent()
                        && !database.name().equals(DatabaseConfig.FALLBACK)) {
                    scopes.add(new Scope(database.databaseName().orElse(database.name()), user));
                }
            });
        }
        return scopes;
    }

    void start() {
        entries.values().forEach(entry -> entry.member().start());
    }

    /** What a new pool shares in; null if in nothing. */
    @Nullable
    FleetCap capFor(PoolKey key, DatabaseConfig database) {
        FleetConfig fleet = config.get().fleet(database, key.user()).orElse(null);
        Entry entry = fleet == null ? null : entries.get(fleet.name());
        return entry == null ? null : entry.cap();
    }

    void entered(ServerPool pool) {
        for (Entry entry : entries.values()) {
            if (pool.fleet() == entry.cap()) {
                entry.pools().add(pool);
            }
        }
    }

    void left(ServerPool pool) {
        for (Entry entry : entries.values()) {
            if (pool.fleet() == entry.cap()) {
                entry.pools().remove(pool);
                entry.cap().leave(pool.queues());
            }
        }
    }

    /** What each is, as this member sees it. */
    CompletableFuture<List<FleetInfo>> info() {
        List<CompletableFuture<FleetInfo>> answers =
                entries.values().stream().map(entry -> entry.member().info()).toList();
        return CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new))
                .thenApply(all -> answers.stream().map(CompletableFuture::join).toList());
    }

    /** Leaves all, behind the servers. */
    CompletableFuture<Void> close() {
        return CompletableFuture.allOf(
                entries.values().stream().map(entry -> entry.member().close()).toArray(CompletableFuture[]::new));
    }
}
