package dev.pgpool.core.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.pgpool.core.PgPool;
import dev.pgpool.core.auth.ClientAuthentication;
import dev.pgpool.core.fixture.OnEveryPostgres;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.Wire;
import dev.pgpool.core.fixture.WireClient;
import io.micrometer.core.instrument.Tags;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a Prometheus server would read, against what was done. */
@OnEveryPostgres
class PgPoolMetricsIT {
    private static final String POOL = "{database=\"app\",user=\"app\"}";

    private final TestPostgres postgres;
    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);

    PgPoolMetricsIT(TestPostgres postgres) {
        this.postgres = postgres;
    }

    private PgPool start(Duration poolIdleTimeout) {
        return PgPool.builder()
                .listen("127.0.0.1", 0)
                .maxClientConnections(100)
                .clientAuthentication(ClientAuthentication.TRUST)
                .database(
                        "app",
                        db -> db.host("127.0.0.1")
                                .port(postgres.address().getPort())
                                .poolIdleTimeout(poolIdleTimeout)
                                .maxConnections(2)
                                .reserveConnections(1))
                .build()
                .start();
    }

    private static WireClient login(PgPool pool) {
        return WireClient.login(pool.address(), TestPostgres.USER, TestPostgres.DATABASE);
    }

    /** Sample by sample, as the page has them. */
    private Map<String, Double> scrape() {
        Map<String, Double> samples = new TreeMap<>();
        registry.scrape().lines().filter(line -> !line.startsWith("#")).forEach(line -> {
            int space = line.lastIndexOf(' ');
            samples.put(line.substring(0, space), Double.valueOf(line.substring(space + 1)));
        });
        return samples;
    }

    /** The page once it has this; the snapshot behind it may be a second old. */
    private Map<String, Double> scrapeUntil(String sample, double value) {
        return await().atMost(Wire.PATIENCE)
                .until(this::scrape, samples -> samples.getOrDefault(sample, Double.NaN) == value);
    }

    @Test
    void exportersNamesHaveTheFiguresOfWhatWasDone() {
        try (PgPool pool = start(Duration.ZERO);
                PgPoolMetrics metrics = PgPoolMetrics.of(pool);
                WireClient client = login(pool)) {
            metrics.bindTo(registry);
            for (int i = 0; i < 50; i++) {
                client.run("SELECT 1");
            }
            client.run("BEGIN").run("SELECT pg_sleep(0.1)").run("COMMIT");
            client.parse("s", "SELECT 1").bind("s").execute().sync().exchange();

            Map<String, Double> samples = scrapeUntil("pgbouncer_stats_queries_pooled_total{database=\"app\"}", 54);

            for (String family : List.of("pgbouncer_stats_", "pgbouncer_stats_totals_")) {
                assertThat(samples)
                        .containsEntry(family + "queries_pooled_total{database=\"app\"}", 54.0)
                        .containsEntry(family + "sql_transactions_pooled_total{database=\"app\"}", 52.0)
                        .containsEntry(family + "client_parses_total{database=\"app\"}", 1.0)
                        .containsEntry(family + "server_parses_total{database=\"app\"}", 1.0)
                        .containsEntry(family + "binds_total{database=\"app\"}", 1.0)
                        .containsKey(family + "client_wait_seconds_total{database=\"app\"}")
                        .containsKey(family + "server_assignments_total{database=\"app\"}");
                assertThat(samples.get(family + "received_bytes_total{database=\"app\"}"))
                        .isGreaterThan(50 * 14);
                assertThat(samples.get(family + "sent_bytes_total{database=\"app\"}"))
                        .isGreaterThan(50 * 66);
                assertThat(samples.get(family + "queries_duration_seconds_total{database=\"app\"}"))
                        .isGreaterThan(0.1);
                assertThat(samples.get(family + "server_in_transaction_seconds_total{database=\"app\"}"))
                        .isGreaterThan(0.1);
            }
            assertThat(samples)
                    .containsEntry("pgbouncer_pools_client_active_connections" + POOL, 1.0)
                    .containsEntry("pgbouncer_pools_client_waiting_connections" + POOL, 0.0)
                    .containsEntry("pgbouncer_pools_server_active_connections" + POOL, 0.0)
                    .containsEntry("pgbouncer_pools_server_idle_connections" + POOL, 1.0)
                    .containsEntry("pgbouncer_pools_server_used_connections" + POOL, 0.0)
                    .containsEntry("pgbouncer_pools_server_testing_connections" + POOL, 0.0)
                    .containsEntry("pgbouncer_pools_server_login_connections" + POOL, 0.0)
                    .containsEntry("pgbouncer_pools_server_being_canceled_connections" + POOL, 0.0)
                    .containsEntry("pgbouncer_pools_client_maxwait_seconds" + POOL, 0.0)
                    .containsEntry("pgbouncer_config_max_client_connections", 100.0)
                    .containsEntry("pgbouncer_config_max_user_connections", 3.0)
                    .containsEntry("pgbouncer_databases", 1.0)
                    .containsEntry("pgbouncer_pools", 1.0)
                    .containsEntry("pgbouncer_used_clients", 1.0)
                    .containsEntry("pgbouncer_login_clients", 0.0)
                    .containsEntry("pgbouncer_free_servers", 1.0)
                    .containsEntry("pgbouncer_used_servers", 0.0)
                    .containsEntry("pgbouncer_up", 1.0)
                    .containsEntry("pgbouncer_version_info{version=\"1.25.2\"}", 1.0)
                    .containsEntry("pgbouncer_users", 1.0)
                    .containsEntry("pgbouncer_free_clients", 0.0)
                    .containsEntry("pgbouncer_cached_dns_names", 0.0)
                    .containsEntry("pgbouncer_cached_dns_zones", 0.0)
                    .containsEntry("pgbouncer_in_flight_dns_queries", 0.0)
                    .containsEntry("pgbouncer_client_connections" + state("idle"), 1.0)
                    .containsEntry("pgbouncer_client_connections" + state("active"), 0.0)
                    .containsEntry("pgbouncer_client_connections" + state("waiting"), 0.0);
            String database =
                    "{database=\"app\",force_user=\"\",host=\"127.0.0.1\",name=\"app\",pool_mode=\"transaction\",port=\""
                            + postgres.address().getPort() + "\"}";
            assertThat(samples)
                    .containsEntry("pgbouncer_databases_pool_size" + database, 2.0)
                    .containsEntry("pgbouncer_databases_reserve_pool" + database, 1.0)
                    .containsEntry("pgbouncer_databases_max_connections" + database, 0.0)
                    .containsEntry("pgbouncer_databases_current_connections" + database, 1.0)
                    .containsEntry("pgbouncer_databases_paused" + database, 0.0)
                    .containsEntry("pgbouncer_databases_disabled" + database, 0.0);
            assertThat(samples)
                    .containsEntry("pgpool_query_seconds_count" + POOL, 54.0)
                    .containsEntry("pgpool_transaction_seconds_count" + POOL, 52.0)
                    .containsEntry("pgpool_login_seconds_count" + POOL, 1.0)
                    .containsEntry("pgpool_connect_seconds_count" + POOL, 1.0);
            assertThat(samples.get("pgpool_query_percentile_seconds{database=\"app\",phi=\"0.99\",user=\"app\"}"))
                    .isBetween(0.09, 30.0);
            assertThat(samples.get("pgpool_query_percentile_seconds{database=\"app\",phi=\"0.5\",user=\"app\"}"))
                    .isGreaterThan(0);
        }
    }

    private static String state(String state) {
        return "{database=\"app\",state=\"" + state + "\",user=\"app\"}";
    }

    @Test
    void whatAnOperatorChangesIsSeen() {
        try (PgPool pool = start(Duration.ZERO);
                PgPoolMetrics metrics = PgPoolMetrics.of(pool)) {
            metrics.bindTo(registry);
            pool.disable("app");
            pool.pause("app").toCompletableFuture().join();
            Map<String, Double> samples = await().atMost(Wire.PATIENCE)
                    .until(this::scrape, page -> value(page, "pgbouncer_databases_paused", "app") == 1.0);
            assertThat(value(samples, "pgbouncer_databases_disabled", "app")).isEqualTo(1.0);

            pool.reload(PgPool.builder()
                    .listen("127.0.0.1", 0)
                    .maxClientConnections(77)
                    .database("other", db -> db.port(1).maxConnections(9))
                    .config());
            samples = await().atMost(Wire.PATIENCE)
                    .until(
                            this::scrape,
                            page -> value(page, "pgbouncer_databases_pool_size", "other") == 9.0
                                    && Double.isNaN(value(page, "pgbouncer_databases_pool_size", "app")));
            assertThat(samples).containsEntry("pgbouncer_config_max_client_connections", 77.0);
        }
    }

    private static double value(Map<String, Double> samples, String name, String database) {
        return samples.entrySet().stream()
                .filter(sample -> sample.getKey().startsWith(name + "{")
                        && sample.getKey().contains(",name=\"" + database + "\""))
                .mapToDouble(Map.Entry::getValue)
                .findFirst()
                .orElse(Double.NaN);
    }

    @Test
    void pinsAndClosesAreCountedByReason() {
        try (PgPool pool = start(Duration.ZERO);
                PgPoolMetrics metrics = PgPoolMetrics.of(pool)) {
            metrics.bindTo(registry);
            try (WireClient client = login(pool)) {
                client.run("LISTEN news");
                client.run("SELECT 1");
                scrapeUntil("pgpool_clients_pinned" + POOL, 1);
            }
            String closed = "pgpool_client_closes_total{database=\"app\",reason=\"client_closed\",user=\"app\"}";
            assertThat(scrapeUntil(closed, 1))
                    .containsEntry("pgpool_pins_total{database=\"app\",reason=\"listen\",user=\"app\"}", 1.0);
        }
    }

    @Test
    void connectionsThatCanNotBeMadeAreCountedAlsoWhenTheirPoolIsForgotten() {
        try (PgPool pool = PgPool.builder()
                        .listen("127.0.0.1", 0)
                        .clientAuthentication(ClientAuthentication.TRUST)
                        .database(
                                "app",
                                db -> db.host("127.0.0.1")
                                        .port(postgres.address().getPort())
                                        .connectRetryDelay(Duration.ofMillis(10))
                                        .databaseName("no_such_database"))
                        .database(
                                "*",
                                db -> db.host("127.0.0.1")
                                        .port(postgres.address().getPort())
                                        .connectRetryDelay(Duration.ofMillis(10)))
                        .build()
                        .start();
                PgPoolMetrics metrics = PgPoolMetrics.of(pool)) {
            metrics.bindTo(registry);
            for (String database : List.of("app", "whatever", "anything")) {
                try (WireClient client = WireClient.connect(pool.address()).startup(TestPostgres.USER, database)) {
                    assertThat(client.readUntilClosed()).isNotEmpty();
                }
            }
            String failures = "pgpool_connect_failures_total{database=\"%s\"}";
            Map<String, Double> samples = await().atMost(Wire.PATIENCE)
                    .until(
                            this::scrape,
                            page -> page.getOrDefault(failures.formatted("app"), 0.0) >= 1
                                    && page.getOrDefault(failures.formatted("*"), 0.0) >= 2
                                    && pool.snapshot().pools().isEmpty());

            assertThat(samples).doesNotContainKey(failures.formatted("whatever"));
        }
    }

    @Test
    void whoIsNotLetInIsCountedByReason() {
        try (PgPool pool = start(Duration.ZERO);
                PgPoolMetrics metrics = PgPoolMetrics.of(pool);
                WireClient client = login(pool)) {
            metrics.bindTo(registry);
            for (int i = 0; i < 3; i++) {
                try (WireClient stranger = WireClient.connect(pool.address())) {
                    stranger.startup(TestPostgres.USER, "no_such_database").readUntilClosed();
                }
            }
            client.cancel(pool.address());

            String closes = "pgpool_closes_before_login_total{reason=\"";
            assertThat(scrapeUntil(closes + "client_login_failed\"}", 3)).containsEntry("pgbouncer_used_clients", 1.0);
            scrapeUntil(closes + "cancel_request\"}", 1);
        }
    }

    @Test
    void metersOfAPoolGoWithItAndThoseOfItsDatabaseStay() {
        try (PgPool pool = start(Duration.ofMillis(100));
                PgPoolMetrics metrics = PgPoolMetrics.of(pool)) {
            metrics.bindTo(registry);
            try (WireClient client = login(pool)) {
                client.run("SELECT 1");
                scrapeUntil("pgpool_query_seconds_count" + POOL, 1);
            }
            Map<String, Double> samples = await().atMost(Wire.PATIENCE)
                    .until(this::scrape, page -> page.keySet().stream().noneMatch(line -> line.contains(",user=")));
            assertThat(samples).containsEntry("pgbouncer_stats_queries_pooled_total{database=\"app\"}", 1.0);
        }
    }

    @Test
    void nothingIsLeftBehind() {
        try (PgPool pool = start(Duration.ZERO);
                WireClient client = login(pool)) {
            client.run("SELECT 1");
            try (PgPoolMetrics metrics = PgPoolMetrics.of(pool)) {
                metrics.bindTo(registry);
                scrapeUntil("pgpool_query_seconds_count" + POOL, 1);
            }
            assertThat(registry.getMeters()).isEmpty();
            assertThat(registry.scrape()).isBlank();
        }
    }

    @Test
    void twoPoolersShareARegistryByTheirTagsAndOneFamilyIsEnoughForSome() {
        try (PgPool one = start(Duration.ZERO);
                PgPool other = start(Duration.ZERO);
                PgPoolMetrics first = PgPoolMetrics.builder(one)
                        .tags(Tags.of("pooler", "one"))
                        .build();
                PgPoolMetrics second = PgPoolMetrics.builder(other)
                        .tags(Tags.of("pooler", "other"))
                        .bothFamilies(false)
                        .build();
                WireClient client = login(one);
                WireClient otherClient = login(other)) {
            client.run("SELECT 1");
            otherClient.run("SELECT 1").run("SELECT 1");
            first.bindTo(registry);
            second.bindTo(registry);

            Map<String, Double> samples = scrape();

            assertThat(samples)
                    .containsEntry("pgbouncer_stats_queries_pooled_total{database=\"app\",pooler=\"one\"}", 1.0)
                    .containsEntry("pgbouncer_stats_queries_pooled_total{database=\"app\",pooler=\"other\"}", 2.0)
                    .containsKey("pgbouncer_stats_totals_queries_pooled_total{database=\"app\",pooler=\"one\"}")
                    .doesNotContainKey(
                            "pgbouncer_stats_totals_queries_pooled_total{database=\"app\",pooler=\"other\"}");
        }
    }

    private PgPool named(String name) {
        return PgPool.builder()
                .name(name)
                .listen("127.0.0.1", 0)
                .clientAuthentication(ClientAuthentication.TRUST)
                .database(
                        "app",
                        db -> db.host("127.0.0.1").port(postgres.address().getPort()))
                .build()
                .start();
    }

    @Test
    void poolersWithNamesShareARegistryByThem() {
        try (PgPool orders = named("orders");
                PgPool bills = named("bills");
                PgPoolMetrics first = PgPoolMetrics.of(orders);
                PgPoolMetrics second = PgPoolMetrics.of(bills);
                WireClient client = login(orders);
                WireClient other = login(bills)) {
            client.run("SELECT 1");
            other.run("SELECT 1").run("SELECT 1");
            first.bindTo(registry);
            second.bindTo(registry);

            assertThat(scrape())
                    .containsEntry("pgbouncer_stats_queries_pooled_total{database=\"app\",pool=\"orders\"}", 1.0)
                    .containsEntry("pgbouncer_stats_queries_pooled_total{database=\"app\",pool=\"bills\"}", 2.0)
                    .containsEntry("pgpool_query_seconds_count{database=\"app\",pool=\"bills\",user=\"app\"}", 2.0);
            first.close();
            assertThat(scrape().keySet())
                    .noneMatch(line -> line.contains("orders"))
                    .anyMatch(line -> line.contains("bills"));
        }
    }

    @Test
    void poolersThatAreCalledTheSameDoNotTakeEachOthersMetersAway() {
        try (PgPool one = start(Duration.ZERO);
                PgPool other = start(Duration.ZERO);
                PgPoolMetrics first = PgPoolMetrics.of(one);
                WireClient client = login(one)) {
            client.run("SELECT 1");
            first.bindTo(registry);
            try (PgPoolMetrics second = PgPoolMetrics.of(other)) {
                assertThatThrownBy(() -> second.bindTo(registry))
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageContaining("meters of another pooler");
            }
            assertThatThrownBy(() -> first.bindTo(registry)).isInstanceOf(IllegalStateException.class);

            assertThat(scrape())
                    .containsEntry("pgbouncer_up", 1.0)
                    .containsEntry("pgpool_query_seconds_count" + POOL, 1.0);
        }
    }

    @Test
    void prefixIsThatOfOursAndTheExportersNamesStay() {
        try (PgPool pool = start(Duration.ZERO);
                PgPoolMetrics metrics =
                        PgPoolMetrics.builder(pool).prefix("shop.db").build();
                WireClient client = login(pool)) {
            client.run("SELECT 1");
            metrics.bindTo(registry);

            Map<String, Double> samples = scrape();

            assertThat(samples)
                    .containsEntry("shop_db_query_seconds_count" + POOL, 1.0)
                    .containsKey("shop_db_query_percentile_seconds{database=\"app\",phi=\"0.99\",user=\"app\"}")
                    .containsEntry("shop_db_clients_pinned" + POOL, 0.0)
                    .containsEntry("shop_db_connect_failures_total{database=\"app\"}", 0.0)
                    .containsEntry("pgbouncer_up", 1.0);
            assertThat(samples.keySet()).noneMatch(line -> line.startsWith("pgpool_"));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "1a", "a b", "a..b", "a.", "{"})
    void prefixIsAName(String prefix) {
        try (PgPool pool = start(Duration.ZERO)) {
            assertThatThrownBy(() -> PgPoolMetrics.builder(pool).prefix(prefix))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith("prefix: ");
        }
    }

    @Test
    void histogramsAreThereForThoseWhoWantThem() {
        try (PgPool pool = start(Duration.ZERO);
                PgPoolMetrics metrics =
                        PgPoolMetrics.builder(pool).histograms(true).build();
                WireClient client = login(pool)) {
            client.run("SELECT 1").run("SELECT pg_sleep(0.2)");
            metrics.bindTo(registry);
            String bucket = "pgpool_query_histogram_total{database=\"app\",le=\"%s\",user=\"app\"}";

            Map<String, Double> samples = scrape();

            assertThat(samples)
                    .containsEntry(bucket.formatted("+Inf"), 2.0)
                    .containsEntry(bucket.formatted("60.0"), 2.0)
                    .hasEntrySatisfying(
                            bucket.formatted("0.1"), fast -> assertThat(fast).isLessThanOrEqualTo(1.0));
            assertThat(samples.keySet())
                    .filteredOn(line -> line.startsWith("pgpool_query_histogram_total"))
                    .hasSize(16);
        }
    }

    @Test
    void withoutThemThereAreNone() {
        try (PgPool pool = start(Duration.ZERO);
                PgPoolMetrics metrics = PgPoolMetrics.of(pool);
                WireClient client = login(pool)) {
            client.run("SELECT 1");
            metrics.bindTo(registry);

            assertThat(scrape().keySet()).noneMatch(line -> line.contains("histogram"));
        }
    }

    @Test
    void pageOfAClosedPoolerIsQuiet() {
        PgPool pool = start(Duration.ZERO);
        try (PgPoolMetrics metrics = PgPoolMetrics.of(pool)) {
            metrics.bindTo(registry);
            pool.close();
            scrapeUntil("pgbouncer_pools", 0);
        }
    }
}
