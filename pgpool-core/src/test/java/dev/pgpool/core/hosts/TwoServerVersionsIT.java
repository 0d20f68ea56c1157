package dev.pgpool.core.hosts;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.PgPool;
import dev.pgpool.core.PgPoolBuilder;
import dev.pgpool.core.auth.ClientAuthentication;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.WireClient;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A client goes on when its pool's servers become those of another version, which report other parameters. */
class TwoServerVersionsIT {
    @ParameterizedTest
    @CsvSource({"18, 15", "15, 18"})
    void clientsOfOneVersionGetServersOfTheOther(int before, int after) {
        try (PgPool pool = to(before).build().start();
                WireClient early = login(pool)) {
            early.run("SET TimeZone = 'Asia/Tokyo'; SET app.tenant = 'blue'");
            assertThat(version(early)).isEqualTo(before);

            pool.reload(to(after).config());
            try (WireClient late = login(pool, "TimeZone", "Europe/Paris")) {
                for (int i = 0; i < 3; i++) {
                    assertThat(version(early)).isEqualTo(after);
                    assertThat(early.value("SELECT current_setting('TimeZone') || current_setting('app.tenant')"))
                            .isEqualTo("Asia/Tokyoblue");
                    assertThat(version(late)).isEqualTo(after);
                    assertThat(late.value("SHOW TimeZone")).isEqualTo("Europe/Paris");
                }
                early.run("RESET ALL");
                assertThat(late.value("SHOW TimeZone")).isEqualTo("Europe/Paris");
            }
            pool.reload(to(before).config());
            assertThat(version(early)).isEqualTo(before);
        }
    }

    private static PgPoolBuilder to(int version) {
        return PgPool.builder()
                .listen("127.0.0.1", 0)
                .clientAuthentication(ClientAuthentication.TRUST)
                .database(
                        "app",
                        db -> TestPooler.at(db, TestPostgres.shared(version)).maxConnections(1));
    }

    private static WireClient login(PgPool pool, String... parameters) {
        return WireClient.login(pool.address(), TestPostgres.USER, TestPostgres.DATABASE, parameters);
    }

    private static int version(WireClient client) {
        return Integer.parseInt(String.valueOf(client.value("SHOW server_version_num"))) / 10_000;
    }
}
