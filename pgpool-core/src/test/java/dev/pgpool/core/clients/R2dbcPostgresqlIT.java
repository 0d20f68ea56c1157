package dev.pgpool.core.clients;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.fixture.OnEveryRoute;
import dev.pgpool.core.fixture.Route;
import dev.pgpool.core.fixture.TestPostgres;
import io.r2dbc.postgresql.PostgresqlConnectionConfiguration;
import io.r2dbc.postgresql.PostgresqlConnectionFactory;
import io.r2dbc.postgresql.api.PostgresqlConnection;
import io.r2dbc.spi.R2dbcException;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.resources.LoopResources;

/** r2dbc-postgresql: reactive, asks for parts of results by portals when told so, and caches its statements. */
@OnEveryRoute
class R2dbcPostgresqlIT {

    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private final Route route;

    R2dbcPostgresqlIT(Route route) {
        this.route = route;
    }

    @Test
    void thousandTransactions() {
        thousandTransactions(options -> {});
    }

    @Test
    void thousandTransactionsWithAllResultsFetchedInPortions() {
        thousandTransactions(options -> options.fetchSize(1));
    }

    @Test
    void thousandTransactionsWithoutStatementCache() {
        thousandTransactions(options -> options.preparedStatementCacheQueries(0));
    }

    @Test
    void thousandTransactionsWithATinyStatementCacheAndTextFormat() {
        thousandTransactions(options -> options.preparedStatementCacheQueries(1).forceBinary(false));
    }

    private void thousandTransactions(Consumer<PostgresqlConnectionConfiguration.Builder> settings) {
        Ledger ledger = new Ledger(route.postgres());
        LoopResources loops = LoopResources.create("r2dbc", 2, true);
        try (Route.Way way = route.open(2)) {
            PostgresqlConnectionConfiguration.Builder options = PostgresqlConnectionConfiguration.builder()
                    .host(way.host())
                    .port(way.port())
                    .username(TestPostgres.USER)
                    .database(way.database())
                    .loopResources(loops);
            settings.accept(options);
            PostgresqlConnectionFactory factory = new PostgresqlConnectionFactory(options.build());
            Flux.range(0, Ledger.CLIENTS)
                    .flatMap(
                            client -> Mono.usingWhen(
                                    factory.create(),
                                    connection -> new Work(connection, ledger, client).run(),
                                    PostgresqlConnection::close),
                            Ledger.CLIENTS)
                    .then()
                    .block(PATIENCE);
        } finally {
            loops.disposeLater(Duration.ZERO, PATIENCE).block(PATIENCE);
        }
        ledger.assertComplete();
    }

    /** The part of one client. */
    private static final class Work {

        private final PostgresqlConnection connection;
        private final Ledger ledger;
        private final int me;

        Work(PostgresqlConnection connection, Ledger ledger, int me) {
            this.connection = connection;
            this.ledger = ledger;
            this.me = me;
        }

        Mono<Void> run() {
            return Flux.range(0, Ledger.EACH).concatMap(this::transaction).then();
        }

        private Mono<Void> transaction(int n) {
            return switch (n % 5) {
                case 0 -> insert(n).then(check(n, true));
                case 1 ->
                    connection
                            .beginTransaction()
                            .then(insert(n))
                            .then(insert(-n))
                            .then(connection.commitTransaction())
                            .then(check(-n, true));
                case 2 ->
                    connection
                            .beginTransaction()
                            .then(insert(n))
                            .then(check(n, true))
                            .then(connection.rollbackTransaction())
                            .then(check(n, false));
                case 3 ->
                    connection
                            .beginTransaction()
                            .then(insert(n))
                            .then(fails(insert(n), "23505"))
                            .then(connection.rollbackTransaction())
                            .then(check(n, false));
                default ->
                    fails(divide(n, 0).then(), "22012")
                            .then(divide(n, 1))
                            .doOnNext(quotient -> assertThat(quotient).isEqualTo(n))
                            .then(series(n));
            };
        }

        private Mono<Void> insert(int n) {
            return connection
                    .createStatement("INSERT INTO " + ledger.table() + " VALUES ($1, $2, $3)")
                    .bind("$1", me)
                    .bind("$2", n)
                    .bind("$3", Ledger.note(me, n))
                    .execute()
                    .flatMap(result -> result.getRowsUpdated())
                    .single()
                    .doOnNext(count -> assertThat(count).isEqualTo(1L))
                    .then();
        }

        private Mono<Void> check(int n, boolean there) {
            return connection
                    .createStatement("SELECT note FROM " + ledger.table() + " WHERE client = $1 AND n = $2")
                    .bind("$1", me)
                    .bind("$2", n)
                    .execute()
                    .flatMap(result -> result.map((row, metadata) -> row.get(0, String.class)))
                    .collectList()
                    .doOnNext(notes ->
                            assertThat(notes).isEqualTo(there ? List.of(Ledger.note(me, n)) : List.<String>of()))
                    .then();
        }

        private Mono<Integer> divide(int n, int by) {
            return connection
                    .createStatement("SELECT " + n + " / $1")
                    .bind("$1", by)
                    .execute()
                    .flatMap(result -> result.map((row, metadata) -> row.get(0, Integer.class)))
                    .single();
        }

        /** Several rows; as a simple query unless they are fetched in portions. */
        private Mono<Void> series(int n) {
            return connection
                    .createStatement("SELECT generate_series(" + n + ", " + (n + 4) + ")")
                    .execute()
                    .flatMap(result -> result.map((row, metadata) -> row.get(0, Integer.class)))
                    .collectList()
                    .doOnNext(numbers -> assertThat(numbers)
                            .isEqualTo(IntStream.range(n, n + 5).boxed().toList()))
                    .then();
        }

        private static Mono<Void> fails(Mono<Void> work, String sqlState) {
            return work.then(Mono.<Void>error(new AssertionError("no error (expected: " + sqlState + ")")))
                    .onErrorResume(R2dbcException.class, e -> {
                        assertThat(e.getSqlState()).isEqualTo(sqlState);
                        return Mono.empty();
                    });
        }
    }
}
