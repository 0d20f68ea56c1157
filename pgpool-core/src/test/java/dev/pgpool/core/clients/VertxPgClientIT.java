package dev.pgpool.core.clients;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.fixture.OnEveryRoute;
import dev.pgpool.core.fixture.Route;
import dev.pgpool.core.fixture.TestPostgres;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.pgclient.PgConnection;
import io.vertx.pgclient.PgException;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.Tuple;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** vertx-pg-client: sends the next queries without waiting for the answers of the last, and caches its statements. */
@OnEveryRoute
class VertxPgClientIT {

    private final Route route;

    VertxPgClientIT(Route route) {
        this.route = route;
    }

    @ParameterizedTest(name = "cache {0}, up to {1} in the pipeline")
    @CsvSource({"true, 1", "true, 64", "false, 64", "false, 1"})
    void thousandTransactions(boolean cache, int pipeline) throws Exception {
        Ledger ledger = new Ledger(route.postgres());
        Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(2));
        ExecutorService threads = Executors.newFixedThreadPool(Ledger.CLIENTS);
        try (Route.Way way = route.open(2)) {
            PgConnectOptions options = new PgConnectOptions()
                    .setHost(way.host())
                    .setPort(way.port())
                    .setDatabase(way.database())
                    .setUser(TestPostgres.USER)
                    .setPassword("")
                    .setCachePreparedStatements(cache)
                    .setPreparedStatementCacheMaxSize(4)
                    .setPipeliningLimit(pipeline);
            List<java.util.concurrent.Future<?>> clients = new ArrayList<>();
            for (int client = 0; client < Ledger.CLIENTS; client++) {
                int me = client;
                clients.add(threads.submit(() -> {
                    PgConnection connection = await(PgConnection.connect(vertx, options));
                    new Work(connection, ledger, me).run();
                    await(connection.close());
                    return null;
                }));
            }
            for (java.util.concurrent.Future<?> client : clients) {
                client.get(120, TimeUnit.SECONDS);
            }
        } finally {
            threads.shutdownNow();
            await(vertx.close());
        }
        ledger.assertComplete();
    }

    private static <T> T await(Future<T> future) throws Exception {
        return future.toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
    }

    /** The part of one client: all queries of a transaction leave at once, then the answers are looked at. */
    private static final class Work {

        private final PgConnection connection;
        private final Ledger ledger;
        private final int me;

        Work(PgConnection connection, Ledger ledger, int me) {
            this.connection = connection;
            this.ledger = ledger;
            this.me = me;
        }

        void run() throws Exception {
            for (int n = 0; n < Ledger.EACH; n++) {
                transaction(n);
            }
        }

        private void transaction(int n) throws Exception {
            switch (n % 5) {
                case 0 -> {
                    Future<RowSet<Row>> insert = insert(n);
                    Future<RowSet<Row>> select = select(n);
                    assertThat(await(insert).rowCount()).isEqualTo(1);
                    assertThat(notes(select)).containsExactly(Ledger.note(me, n));
                }
                case 1 -> {
                    Future<RowSet<Row>> begin = query("BEGIN");
                    Future<RowSet<Row>> batch =
                            connection.preparedQuery(insertText()).executeBatch(List.of(values(n), values(-n)));
                    Future<RowSet<Row>> commit = query("COMMIT");
                    Future<RowSet<Row>> select = select(-n);
                    await(begin);
                    assertThat(await(batch).rowCount()).isEqualTo(1);
                    assertThat(await(batch).next().rowCount()).isEqualTo(1);
                    await(commit);
                    assertThat(notes(select)).containsExactly(Ledger.note(me, -n));
                }
                case 2 -> {
                    Future<RowSet<Row>> begin = query("BEGIN");
                    Future<RowSet<Row>> insert = insert(n);
                    Future<RowSet<Row>> inside = select(n);
                    Future<RowSet<Row>> rollback = query("ROLLBACK");
                    Future<RowSet<Row>> outside = select(n);
                    await(begin);
                    assertThat(await(insert).rowCount()).isEqualTo(1);
                    assertThat(notes(inside)).containsExactly(Ledger.note(me, n));
                    await(rollback);
                    assertThat(notes(outside)).isEmpty();
                }
                case 3 -> {
                    Future<RowSet<Row>> begin = query("BEGIN");
                    Future<RowSet<Row>> insert = insert(n);
                    Future<RowSet<Row>> again = insert(n);
                    Future<RowSet<Row>> refused = select(n);
                    Future<RowSet<Row>> rollback = query("ROLLBACK");
                    Future<RowSet<Row>> outside = select(n);
                    await(begin);
                    await(insert);
                    assertThat(sqlState(again)).isEqualTo("23505");
                    assertThat(sqlState(refused)).isEqualTo("25P02");
                    await(rollback);
                    assertThat(notes(outside)).isEmpty();
                }
                default -> {
                    Future<RowSet<Row>> byZero = divide(n, 0);
                    Future<RowSet<Row>> syntax = query("SELEC " + n);
                    Future<RowSet<Row>> byOne = divide(n, 1);
                    Future<RowSet<Row>> simple = query("SELECT '" + Ledger.note(me, n) + "'");
                    assertThat(sqlState(byZero)).isEqualTo("22012");
                    assertThat(sqlState(syntax)).isEqualTo("42601");
                    assertThat(await(byOne).iterator().next().getInteger(0)).isEqualTo(n);
                    assertThat(notes(simple)).containsExactly(Ledger.note(me, n));
                }
            }
        }

        private Future<RowSet<Row>> query(String sql) {
            return connection.query(sql).execute();
        }

        private String insertText() {
            return "INSERT INTO " + ledger.table() + " VALUES ($1, $2, $3)";
        }

        private Tuple values(int n) {
            return Tuple.of(me, n, Ledger.note(me, n));
        }

        private Future<RowSet<Row>> insert(int n) {
            return connection.preparedQuery(insertText()).execute(values(n));
        }

        private Future<RowSet<Row>> select(int n) {
            return connection
                    .preparedQuery("SELECT note FROM " + ledger.table() + " WHERE client = $1 AND n = $2")
                    .execute(Tuple.of(me, n));
        }

        private Future<RowSet<Row>> divide(int n, int by) {
            return connection.preparedQuery("SELECT " + n + " / $1::int").execute(Tuple.of(by));
        }

        private static List<String> notes(Future<RowSet<Row>> rows) throws Exception {
            List<String> notes = new ArrayList<>();
            await(rows).forEach(row -> notes.add(row.getString(0)));
            return notes;
        }

        private static String sqlState(Future<RowSet<Row>> failed) throws InterruptedException, TimeoutException {
            try {
                await(failed);
            } catch (ExecutionException e) {
                if (e.getCause() instanceof PgException error) {
                    return error.getSqlState();
                }
                throw new AssertionError(e);
            } catch (InterruptedException | TimeoutException e) {
                throw e;
            } catch (Exception e) {
                throw new AssertionError(e);
            }
            throw new AssertionError("no error");
        }
    }
}
