package dev.pgpool.core.internal.tls;

import dev.pgpool.core.config.ConfigException;
import dev.pgpool.core.config.DatabaseConfig;
import dev.pgpool.core.config.PgPoolConfig;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The TLS of all sides of a pooler, swapped as a whole: connections made before keep what they have, those made after
 * get the new. Thread-safe: one volatile reference.
 */
public final class TlsContexts {
    private volatile Loaded loaded;
    /** What was replaced: an event loop may be about to use it, so it is kept to the end. */
    private final List<Runnable> replaced = new ArrayList<>();

    private record Loaded(ClientTls clients, Map<String, ServerTls> servers) {}

    /**
     * Reads all files.
     *
     * @throws ConfigException with everything that is wrong with them
     */
    public TlsContexts(PgPoolConfig config) {
        this.loaded = load(config);
    }

    /** For connections of clients that begin now. */
    public ClientTls clients() {
        return loaded.clients;
    }

    /** For connections to the servers of this database that begin now. */
    public ServerTls servers(DatabaseConfig database) {
        return loaded.servers.getOrDefault(database.name(), ServerTls.OFF);
    }

    /**
     * Reads all files again, or those of another configuration. What has not changed stays the same object; what is not
     * in the configuration any more is kept for the last connections of its database.
     *
     * @return names of the databases whose TLS to servers has changed
     * @throws ConfigException with everything that is wrong with the files; then nothing has changed
     */
    public synchronized Set<String> reload(PgPoolConfig config) {
        Loaded before = loaded;
        Loaded read = load(config);
        Set<String> changed = new LinkedHashSet<>();
        Map<String, ServerTls> servers = new LinkedHashMap<>(before.servers);
        read.servers.forEach((name, now) -> {
            ServerTls known = before.servers.get(name);
            if (known != null && known.isSameAs(now)) {
                servers.put(name, known);
                now.release();
            } else {
                servers.put(name, now);
                changed.add(name);
                if (known != null) {
                    replaced.add(known::release);
                }
            }
        });
        boolean same = before.clients.isSameAs(read.clients);
        if (same) {
            read.clients.release();
        } else {
            replaced.add(before.clients::release);
        }
        loaded = new Loaded(same ? before.clients : read.clients, Map.copyOf(servers));
        return changed;
    }

    /** TLS is not needed any more. */
    public synchronized void close() {
        replaced.forEach(Runnable::run);
        replaced.clear();
        loaded.clients.release();
        loaded.servers.values().forEach(ServerTls::release);
    }

    private static Loaded load(PgPoolConfig config) {
        List<String> problems = new ArrayList<>();
        ClientTls clients = null;
        try {
            clients = new ContextFactory("listen.tls", config.listen().tls()).forClients();
        } catch (TlsProblem e) {
            problems.add(e.getMessage());
        }
        Map<String, ServerTls> servers = new LinkedHashMap<>();
        for (DatabaseConfig database : config.databases().values()) {
            try {
                servers.put(
                        database.name(),
                        new ContextFactory("databases." + database.name() + ".tls", database.tls()).forServers());
            } catch (TlsProblem e) {
                problems.add(e.getMessage());
            }
        }
        if (clients == null || !problems.isEmpty()) {
            if (clients != null) {
                clients.release();
            }
            servers.values().forEach(ServerTls::release);
            throw new ConfigException(problems);
        }
        return new Loaded(clients, Map.copyOf(servers));
    }
}
