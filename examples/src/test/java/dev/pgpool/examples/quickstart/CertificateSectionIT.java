package dev.pgpool.examples.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import org.junit.jupiter.api.Test;

class CertificateSectionIT {

    private final ByteArrayOutputStream output = new ByteArrayOutputStream();
    private final PrintStream out = new PrintStream(output, true, StandardCharsets.UTF_8);

    @Test
    void theServerStartedForItIsWatchedRenewedAndLeftAsItWas() throws Exception {
        try (BankServer server = BankServer.embedded()) {
            assertThat(CertificateSection.run(server, out)).isTrue();

            assertThat(output.toString(StandardCharsets.UTF_8))
                    .containsPattern("notice: CRITICAL file:\\S+service.pem: leaf \"localhost\" expires \\S+, in 5 d")
                    .containsPattern("OK +https://127.0.0.1:\\d+")
                    .containsPattern("notice: WARNING postgres://127.0.0.1:\\d+")
                    .containsPattern("renewed: postgres://127.0.0.1:\\d+ until .*, before until")
                    .contains("notice: RECOVERED postgres://127.0.0.1")
                    .contains("OK: the alarm and the renewal were seen");
            try (Connection connection = server.direct().getConnection();
                    ResultSet settings = connection
                            .createStatement()
                            .executeQuery("SELECT count(*) FROM pg_file_settings WHERE name LIKE 'ssl%'")) {
                settings.next();
                assertThat(settings.getInt(1)).isZero();
            }
        }
    }

    @Test
    void aServerOfOnesOwnIsLeftAlone() {
        assertThat(CertificateSection.run(BankServer.at("postgresql://user@127.0.0.1:1/db"), out))
                .isTrue();

        assertThat(output.size()).isZero();
    }

    @Test
    void whatGoesWrongIsSaid() throws Exception {
        BankServer server = BankServer.embedded();
        server.close();

        assertThat(CertificateSection.run(server, out)).isFalse();

        assertThat(output.toString(StandardCharsets.UTF_8)).contains("FAILED: ");
    }
}
