package dev.pgpool.core.internal.runtime;

import dev.pgpool.core.advice.LoadHistory;
import dev.pgpool.core.advice.PgPoolAdvice;
import dev.pgpool.core.config.ConfigException;
import dev.pgpool.core.config.ConfigSource;
import dev.pgpool.core.config.DnsConfig;
import dev.pgpool.core.config.PgPoolConfig;
import dev.pgpool.core.config.Setting;
import dev.pgpool.core.internal.admin.AdminControl;
import dev.pgpool.core.internal.admin.ControlException;
import dev.pgpool.core.internal.client.ClientRegistry;
import dev.pgpool.core.internal.client.ClientSession;
import dev.pgpool.core.internal.hosts.DnsCache;
import dev.pgpool.core.internal.pool.PoolCommands;
import dev.pgpool.core.internal.pool.PoolRegistry;
import dev.pgpool.core.internal.transport.ActiveLoops;
import dev.pgpool.core.stats.ClientInfo;
import dev.pgpool.core.stats.DnsInfo;
import dev.pgpool.core.stats.FleetInfo;
import dev.pgpool.core.stats.PgPoolSnapshot;
import dev.pgpool.core.stats.PgPoolSnapshot.Status;
import dev.pgpool.core.stats.ServerInfo;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Carries out what operators want of a running pooler. Thread-safe; never blocks. */
public final class PoolerControl implements AdminControl {
    private static final Logger LOGGER = LoggerFactory.getLogger(PoolerControl.class);

    /** PgBouncer's words for commands that it does not call by their names where they are for its own database. */
    private static final Map<String, String> AT_CONSOLE = Map.of("ENABLE", "disable", "WAIT_CLOSE", "wait in");

    private final PoolerRuntime runtime;
    private final ClientRegistry clients;
    private final PoolRegistry pools;
    private final ActiveLoops loops;
    private final DnsCache names;
    private final PoolCommands commands;
    private final @Nullable ConfigSource source;
    /** What the source said when it was last obeyed: what it has read since may have been refused. */
    private volatile Obeyed obeyed;
    /** Where files are read, one command after the other. */
    private final Executor blocking;

    /** A configuration in the words of the source that it came from. */
    private record Obeyed(PgPoolConfig config, List<Setting> settings) {}

    PoolerControl(
            PoolerRuntime runtime,
            ClientRegistry clients,
            PoolRegistry pools,
            ActiveLoops loops,
            DnsCache names,
            @Nullable ConfigSource source,
            Executor blocking) {
        this.runtime = runtime;
        this.clients = clients;
        this.pools = pools;
        this.loops = loops;
        this.names = names;
        this.commands = pools.commands();
        this.source = source;
        this.obeyed = new Obeyed(runtime.config(), source == null ? List.of() : source.settings());
        this.blocking = blocking;
    }

    // ---- looking

    @Override
    public PgPoolConfig config() {
        return runtime.config();
    }

    @Override
    public List<Setting> settings() {
        Obeyed last = obeyed;
        // the host may have given a configuration of its own since
        return isInForce(last.config) ? last.settings : List.of();
    }

    @Override
    public CompletableFuture<PgPoolSnapshot> snapshot() {
        return pools.snapshot(clients.sizeWithoutOperators(), loops.active())
                .thenApply(found -> clients.isAdmitting() ? found : found.draining());
    }

    @Override
    public CompletableFuture<PgPoolAdvice> advice() {
        return pools.advices().advice();
    }

    /** Takes over the past hours of a database. */
    public void recall(String database, LoadHistory past) {
        pools.advices().recall(database, past);
    }

    @Override
    public CompletableFuture<List<ClientInfo>> clients() {
        return clients.view();
    }

    @Override
    public CompletableFuture<List<ServerInfo>> servers() {
        return pools.servers();
    }

    @Override
    public CompletableFuture<List<FleetInfo>> fleets() {
        return pools.fleets();
    }

    @Override
    public List<DnsInfo> names() {
        return names.view();
    }

    void adopt(DnsConfig now) {
        names.adopt(now);
    }

    // ---- doing

    @Override
    public CompletableFuture<Void> pause(Optional<String> database) {
        return later("PAUSE", database, () -> {
            if (commands.status() != Status.ACTIVE) {
                throw new ControlException("already suspended/paused");
            }
            return commands.pause(database);
        });
    }

    @Override
    public CompletableFuture<Void> suspend() {
        return later("SUSPEND", Optional.empty(), () -> {
            if (commands.status() != Status.ACTIVE) {
                throw new ControlException("already suspended/paused");
            }
            return commands.suspend();
        });
    }

    @Override
    public CompletableFuture<Void> resume(Optional<String> database) {
        return now("RESUME", database, () -> {
            if (database.isEmpty() && !clients.isAdmitting()) {
                throw new ControlException("pooler is shutting down");
            }
            if (database.isEmpty() && !commands.isAnyPaused()) {
                throw new ControlException("pooler is not paused/suspended");
            }
            if (database.isPresent() && !commands.isPausedAlone(database.get())) {
                throw new ControlException("database " + database.get() + " is not paused");
            }
            commands.resume(database);
        });
    }

    /** Gives out no servers any more; done when all are back. */
    CompletableFuture<Void> end() {
        return commands.end();
    }

    @Override
    public CompletableFuture<Void> disable(String database) {
        return now("DISABLE", Optional.of(database), () -> commands.disable(database));
    }

    @Override
    public CompletableFuture<Void> enable(String database) {
        return now("ENABLE", Optional.of(database), () -> commands.enable(database));
    }

    @Override
    public CompletableFuture<Void> reconnect(Optional<String> database) {
        return now("RECONNECT", database, () -> commands.reconnect(database));
    }

    @Override
    public CompletableFuture<Void> kill(Optional<String> database) {
        return now("KILL", database, () -> {
            commands.hold(database);
            // before their servers: a client that has lost its server is told that, and nothing of an operator
            clients.kill(database);
            commands.killServers(database);
        });
    }

    @Override
    public CompletableFuture<Void> killClient(int id) {
        return now("KILL_CLIENT", Optional.empty(), () -> {
            ClientSession client = clients.find(id);
            if (client == null) {
                throw new ControlException("client not found");
            }
            client.kill();
        });
    }

    @Override
    public CompletableFuture<Void> waitClose(Optional<String> database) {
        return later("WAIT_CLOSE", database, () -> commands.waitClose(database));
    }

    @Override
    public CompletableFuture<Void> reload() {
        return CompletableFuture.runAsync(
                () -> {
                    if (source == null) {
                        runtime.reload(runtime.config());
                    } else {
                        adopt(source, source.load());
                    }
                },
                blocking);
    }

    @Override
    public CompletableFuture<List<String>> set(String key, String value) {
        return CompletableFuture.supplyAsync(
                () -> {
                    if (source == null) {
                        throw new ControlException(
                                "settings are not changed here, but by the program that runs the pooler");
                    }
                    adopt(source, source.set(key, value));
                    return source.pending(key);
                },
                blocking);
    }

    @SuppressWarnings("ReferenceEquality") // one that is equal may have been read of other files
    private boolean isInForce(PgPoolConfig config) {
        return config == runtime.config();
    }

    private void adopt(ConfigSource from, PgPoolConfig next) {
        try {
            if (!isInForce(next)) {
                runtime.reload(next);
            }
        } catch (ConfigException e) {
            from.refused(e);
        }
        obeyed = new Obeyed(runtime.config(), from.settings());
    }

    @Override
    public CompletableFuture<Void> shutdown(Shutdown how) {
        String command = how == Shutdown.IMMEDIATE ? "SHUTDOWN" : "SHUTDOWN " + how;
        return now(command, Optional.empty(), () -> runtime.gracefulEnd().begin(how));
    }

    private CompletableFuture<Void> now(String command, Optional<String> database, Runnable task) {
        return later(command, database, () -> {
            task.run();
            return CompletableFuture.completedFuture(null);
        });
    }

    private CompletableFuture<Void> later(
            String command, Optional<String> database, Supplier<CompletableFuture<Void>> task) {
        try {
            if (database.isPresent()) {
                check(command, database.get());
            }
            CompletableFuture<Void> done = task.get();
            LOGGER.info(
                    "{} command issued",
                    database.map(name -> command + " '" + name + "'").orElse(command));
            return done;
        } catch (ControlException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private void check(String command, String database) {
        if (PgPoolConfig.isConsole(database)) {
            throw new ControlException("cannot " + AT_CONSOLE.getOrDefault(command, command.toLowerCase(Locale.ROOT))
                    + " admin db: " + database);
        }
        if (database.equals("*") || runtime.config().database(database).isEmpty()) {
            throw new ControlException("no such database: " + database);
        }
    }
}
