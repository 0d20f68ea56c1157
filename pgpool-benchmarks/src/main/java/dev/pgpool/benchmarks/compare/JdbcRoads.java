package dev.pgpool.benchmarks.compare;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.pgpool.core.PgPool;
import dev.pgpool.core.auth.ClientAuthentication;
import java.io.IOException;
import java.net.ServerSocket;
import java.sql.DriverManager;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;
import javax.sql.DataSource;

/** All ways to one PostgreSQL, each with the same number of servers but the direct one. */
final class JdbcRoads implements AutoCloseable {
    private static final int MOST_DIRECT = 200;
    private static final int MOST_CLIENTS = 12_000;
    /** What a JVM with these ways has open without clients, and more. */
    private static final int OTHER_FILES = 1_000;

    private final List<JdbcRoad> roads = new ArrayList<>();
    private LongSupplier others = () -> 0;

    JdbcRoads(int serverPort, int servers, Certificates certificates) throws IOException, InterruptedException {
        roads.add(new JdbcRoad(
                "direct", MOST_DIRECT, true, () -> DriverManager.getConnection(url(serverPort)), () -> {}));
        hikari(serverPort, servers);
        pgBouncer(new PoolerIni(serverPort, servers, MOST_CLIENTS, certificates));
        pooler(serverPort, servers);
    }

    private static String url(int port) {
        return "jdbc:postgresql://127.0.0.1:" + port + "/" + BenchPostgres.DATABASE + "?user=" + BenchPostgres.USER
                + "&sslmode=disable&gssEncMode=disable";
    }

    private void hikari(int serverPort, int servers) {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(url(serverPort));
        config.setMaximumPoolSize(servers);
        // thousands of threads wait for their turn
        config.setConnectionTimeout(600_000);
        HikariDataSource source = new HikariDataSource(config);
        roads.add(new JdbcRoad("HikariCP " + servers, Integer.MAX_VALUE, false, source::getConnection, source::close));
    }

    private void pgBouncer(PoolerIni ini) throws IOException, InterruptedException {
        Optional<PgBouncer> installed = PgBouncer.find();
        if (installed.isEmpty()) {
            return;
        }
        int port;
        try (ServerSocket probe = new ServerSocket(0)) {
            port = probe.getLocalPort();
        }
        Contender bouncer = installed.get().start(port, ini, Setup.PLAIN);
        bouncer.awaitReady(() -> RawClient.canLogIn(port));
        // without statements that are kept, the driver must not prepare any
        String options = bouncer.supports("prepared") ? "" : "&prepareThreshold=0";
        others = () -> {
            ProcessUsage usage = bouncer.usage();
            return usage.userMicros() + usage.systemMicros();
        };
        roads.add(new JdbcRoad(
                "PgBouncer" + (options.isEmpty() ? "" : ", nothing prepared"),
                MOST_CLIENTS,
                true,
                () -> DriverManager.getConnection(url(port) + options),
                bouncer::close));
    }

    /** Of the same pooler, the one has nothing to do while the other is measured. */
    private void pooler(int serverPort, int servers) {
        PgPool pool = PgPool.builder()
                .listen("127.0.0.1", 0)
                .clientAuthentication(ClientAuthentication.TRUST)
                .maxClientConnections(MOST_CLIENTS)
                .database(
                        BenchPostgres.DATABASE,
                        db -> db.host("127.0.0.1")
                                .port(serverPort)
                                .user(BenchPostgres.USER)
                                .maxConnections(servers))
                .build()
                .start();
        int port = pool.address().getPort();
        DataSource inProcess = pool.dataSource(BenchPostgres.DATABASE);
        // both ends of a connection are files of this process
        int mostByTcp = (int) Math.min(MOST_CLIENTS, (ProcessUsage.mostFiles() - OTHER_FILES) / 2);
        roads.add(
                new JdbcRoad("pgpool by TCP", mostByTcp, true, () -> DriverManager.getConnection(url(port)), () -> {}));
        roads.add(new JdbcRoad("pgpool in-process", MOST_CLIENTS, true, inProcess::getConnection, pool::close));
    }

    List<JdbcRoad> all() {
        return roads;
    }

    /** Microseconds of processor time that this process and PgBouncer have used so far. */
    long cpuMicros() {
        ProcessUsage own = ProcessUsage.of(ProcessHandle.current().pid());
        return own.userMicros() + own.systemMicros() + others.getAsLong();
    }

    @Override
    public void close() {
        for (JdbcRoad road : roads) {
            road.close();
        }
    }
}
