package dev.pgpool.examples.quickstart;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.pgpool.core.PgPool;
import dev.pgpool.core.stats.PgPoolSnapshot;
import java.io.PrintStream;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.ThreadFactory;

/**
 * The headline: ten thousand virtual threads, each with an open connection, that call something slow between their statements,
 * on twenty servers; and beside it what a pool of twenty connections does with the same.
 */
public final class OpenConnections {
    private static final int SERVERS = 20;
    private static final int VIRTUAL_THREADS = 10_000;
    /** Each takes a stack. */
    private static final int PLATFORM_THREADS = 1_000;

    private static final long PATIENCE_MILLIS = 600_000;

    private final BankServer server;
    private final PrintStream out;
    private final int threads;
    private final Duration duration;

    /** @param mostThreads at most so many */
    public OpenConnections(BankServer server, PrintStream out, int mostThreads, Duration duration) {
        this.server = server;
        this.out = out;
        this.threads = Math.min(mostThreads, virtualThreads().isPresent() ? VIRTUAL_THREADS : PLATFORM_THREADS);
        this.duration = duration;
    }

    /** Runs both and prints what each has done. */
    public void show() throws SQLException, InterruptedException {
        ThreadFactory factory = virtualThreads().orElse(Thread::new);
        out.printf(
                Locale.ROOT,
                "%npgpool: %,d %s threads, each with an open connection, call something slow (%d ms) between"
                        + " statements, on %d servers%n%n",
                threads,
                virtualThreads().isPresent() ? "virtual" : "platform",
                Holders.SLOW_MILLIS,
                SERVERS);
        double pooler = pooler(factory);
        out.printf("  the same with HikariCP and %d connections%n%n", SERVERS);
        double pool = pool(factory);
        out.printf(Locale.ROOT, "  %-36s %,9.0f times a second%n", "pgpool, " + SERVERS + " servers", pooler);
        out.printf(Locale.ROOT, "  %-36s %,9.0f times a second%n", "HikariCP, " + SERVERS + " connections", pool);
        out.printf(Locale.ROOT, "  %-36s %9.1f times as much%n", "", pooler / pool);
    }

    private double pooler(ThreadFactory factory) throws SQLException, InterruptedException {
        try (PgPool pool = PgPool.builder()
                .maxClientConnections(VIRTUAL_THREADS)
                .database(server.database(), db -> {
                    db.host(server.host())
                            .port(server.port())
                            .user(server.user())
                            .maxConnections(SERVERS);
                    if (server.password() != null) {
                        db.password(server.password());
                    }
                })
                .build()
                .start()) {
            return new Holders(pool.dataSource(server.database()), true)
                    .run(threads, factory, duration, progress(() -> servers(pool.snapshot())));
        }
    }

    private double pool(ThreadFactory factory) throws SQLException, InterruptedException {
        HikariConfig config = new HikariConfig();
        config.setDataSource(server.direct());
        config.setMaximumPoolSize(SERVERS);
        config.setConnectionTimeout(PATIENCE_MILLIS);
        try (HikariDataSource source = new HikariDataSource(config)) {
            return new Holders(source, false).run(threads, factory, duration, progress(() -> SERVERS));
        }
    }

    private Progress progress(java.util.function.IntSupplier servers) {
        return new Progress(out, System.console() != null, servers);
    }

    private static int servers(PgPoolSnapshot figures) {
        return figures.pools().stream().mapToInt(PgPoolSnapshot.Pool::servers).sum();
    }

    /** For a program that is compiled for a Java without them. */
    private static Optional<ThreadFactory> virtualThreads() {
        try {
            Object builder = Thread.class.getMethod("ofVirtual").invoke(null);
            return Optional.of((ThreadFactory) Class.forName("java.lang.Thread$Builder")
                    .getMethod("factory")
                    .invoke(builder));
        } catch (ReflectiveOperationException e) {
            return Optional.empty();
        }
    }
}
