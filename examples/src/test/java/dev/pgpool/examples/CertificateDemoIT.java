package dev.pgpool.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.fixture.TestPostgres;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

class CertificateDemoIT {

    @Test
    void alarmsAndShowsTheRenewal() throws Exception {
        List<String> lines = new CopyOnWriteArrayList<>();
        try (TestPostgres postgres = TestPostgres.fresh(18, Map.of())) {
            String url = "jdbc:postgresql://127.0.0.1:" + postgres.port() + "/postgres?user=" + TestPostgres.SUPERUSER;
            CertificateDemo.run(url, "127.0.0.1", postgres.port(), lines::add);
        }
        String shown = String.join("\n", lines);
        assertThat(shown)
                .contains("notice: CRITICAL file:")
                .contains("notice: WARNING postgres://127.0.0.1")
                .contains("renewed: postgres://127.0.0.1")
                .contains("OK        https://127.0.0.1")
                .contains("notice: RECOVERED postgres://127.0.0.1");
    }
}
