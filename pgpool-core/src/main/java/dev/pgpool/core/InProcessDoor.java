package dev.pgpool.core;

import static java.util.Objects.requireNonNull;

import dev.pgpool.core.config.DatabaseConfig;
import dev.pgpool.core.config.PgPoolConfig;
import dev.pgpool.core.jdbc.InProcessDataSource;
import dev.pgpool.core.jdbc.InProcessSocketFactory;
import java.io.IOException;
import java.net.Socket;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiPredicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Where JDBC connections of this process come in. Keeps the socket factories, which the driver knows by name only, and is kept for
 * as long as the pooler runs: a host may have no more of it than a URL.
 */
final class InProcessDoor {
    /** Makes connections. */
    @FunctionalInterface
    interface Connector {
        /** @param check says whether it may log in to a database, the first, as a user; null if it may be any */
        Socket connect(@Nullable BiPredicate<String, String> check) throws IOException;
    }

    private static final Set<InProcessDoor> OPEN = ConcurrentHashMap.newKeySet();

    private final Connector connector;
    private final Supplier<PgPoolConfig> config;
    private final InProcessSocketFactory sockets;
    private final Map<BiPredicate<String, String>, InProcessSocketFactory> checked = new ConcurrentHashMap<>();

    InProcessDoor(Connector connector, Supplier<PgPoolConfig> config) {
        this.connector = connector;
        this.config = config;
        this.sockets = new InProcessSocketFactory(() -> connector.connect(null));
    }

    /** The pooler runs, until that. */
    void open(CompletionStage<Void> end) {
        if (OPEN.add(this)) {
            var unused = end.whenComplete((nothing, problem) -> OPEN.remove(this));
        }
    }

    InProcessSocketFactory sockets() {
        return sockets;
    }

    /** The same for the same check: a host that asks for each connection adds nothing. */
    InProcessSocketFactory sockets(BiPredicate<String, String> check) {
        return checked.computeIfAbsent(check, wanted -> new InProcessSocketFactory(() -> connector.connect(wanted)));
    }

    InProcessDataSource dataSource(String database) {
        String user = config.get()
                .database(requireNonNull(database, "database"))
                .flatMap(DatabaseConfig::user)
                .orElseThrow(() -> new IllegalArgumentException(
                        "databases." + database + ".user: none (expected: a user, or dataSource(database, user))"));
        return dataSource(database, user);
    }

    InProcessDataSource dataSource(String database, String user) {
        return new InProcessDataSource(sockets, database, user);
    }
}
