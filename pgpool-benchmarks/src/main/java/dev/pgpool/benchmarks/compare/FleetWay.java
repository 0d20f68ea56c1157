package dev.pgpool.benchmarks.compare;

import dev.pgpool.core.PgPool;
import dev.pgpool.core.auth.ClientAuthentication;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * How the instances of a service come to their servers, of which there are so many for all together.
 *
 * @param urls of each instance
 * @param closeables what it has started
 */
record FleetWay(String name, List<String> urls, List<AutoCloseable> closeables) implements AutoCloseable {
    private static final int MOST_CLIENTS = 2_000;

    /** Each instance has a pooler with an equal share. */
    static FleetWay shares(int serverPort, int instances, int budget) {
        return embedded("static shares", serverPort, instances, budget / instances, 0);
    }

    /** Each instance has a pooler, and all are one fleet. */
    static FleetWay fleet(int serverPort, int instances, int budget) {
        return embedded("fleet", serverPort, instances, budget, budget);
    }

    private static FleetWay embedded(String name, int serverPort, int instances, int most, int fleet) {
        List<String> urls = new ArrayList<>();
        List<AutoCloseable> closeables = new ArrayList<>();
        for (int i = 0; i < instances; i++) {
            PgPool pool = PgPool.builder()
                    .listen("127.0.0.1", 0)
                    .eventLoops(1)
                    .clientAuthentication(ClientAuthentication.TRUST)
                    .database(BenchPostgres.DATABASE, db -> {
                        db.host("127.0.0.1")
                                .port(serverPort)
                                .user(BenchPostgres.USER)
                                .maxConnections(most);
                        if (fleet > 0) {
                            db.fleet(f -> f.name("benchmark").maxServerConnections(fleet));
                        }
                    })
                    .build()
                    .start();
            closeables.add(pool);
            urls.add(pool.jdbcUrl(BenchPostgres.DATABASE));
        }
        return new FleetWay(name, urls, closeables);
    }

    /** All instances go to one PgBouncer; empty if this machine has none. */
    static Optional<FleetWay> pgBouncer(int serverPort, int instances, int budget, Certificates certificates)
            throws IOException, InterruptedException {
        Optional<PgBouncer> installed = PgBouncer.find();
        if (installed.isEmpty()) {
            return Optional.empty();
        }
        int port = Lineup.freePort();
        Contender started =
                installed.get().start(port, new PoolerIni(serverPort, budget, MOST_CLIENTS, certificates), Setup.PLAIN);
        started.awaitReady(() -> RawClient.canLogIn(port));
        String url = "jdbc:postgresql://127.0.0.1:" + port + "/" + BenchPostgres.DATABASE;
        return Optional.of(new FleetWay(
                "one " + installed.get().version(), Collections.nCopies(instances, url), List.of(started)));
    }

    @Override
    public void close() throws Exception {
        for (AutoCloseable each : closeables) {
            each.close();
        }
    }
}
