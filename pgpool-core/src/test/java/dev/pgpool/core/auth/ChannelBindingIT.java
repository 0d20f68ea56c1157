package dev.pgpool.core.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pgpool.core.config.ChannelBinding;
import dev.pgpool.core.config.TlsMode;
import dev.pgpool.core.fixture.TestPki;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.CertificateBuilder.Algorithm;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.Properties;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** PostgreSQL's JDBC driver binds its SCRAM exchange to its connection with us. */
class ChannelBindingIT {

    private static final TestPostgres POSTGRES = TestPostgres.shared(18);

    @TempDir
    private Path directory;

    private static UnaryOperator<CertificateBuilder> algorithm(String name) {
        return builder -> builder.algorithm(Algorithm.valueOf(name));
    }

    private TestPooler pooler(ChannelBinding binding, boolean nativeLibrary, UnaryOperator<CertificateBuilder> key) {
        TestPki.Issued server = new TestPki(directory, "authority").server("localhost", key);
        return TestPooler.start(builder -> builder.clientAuthentication(ClientAuthentication.SCRAM_SHA_256)
                .credentials(CredentialStore.of(Map.of(TestPostgres.USER, "sesame")))
                .tls(tls -> tls.mode(TlsMode.REQUIRE)
                        .certificate(server.certificate(), server.key())
                        .channelBinding(binding)
                        .nativeLibrary(nativeLibrary))
                .database(TestPostgres.DATABASE, db -> TestPooler.at(db, POSTGRES)));
    }

    private static String jdbc(TestPooler pooler, String binding, String password) throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("user", TestPostgres.USER);
        properties.setProperty("password", password);
        properties.setProperty("sslmode", "require");
        properties.setProperty("channelBinding", binding);
        String url = "jdbc:postgresql://localhost:" + pooler.address().getPort() + "/" + TestPostgres.DATABASE;
        try (Connection connection = DriverManager.getConnection(url, properties);
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT 'in'")) {
            rows.next();
            return rows.getString(1);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "PREFER, require, ecp256, false",
        "PREFER, require, ecp256, true",
        "PREFER, require, ecp384, false",
        "PREFER, require, rsa2048, false",
        "PREFER, require, rsa2048, true",
        "PREFER, prefer, ecp256, false",
        "PREFER, disable, ecp256, false",
        "REQUIRE, require, ecp256, false",
        "REQUIRE, prefer, ecp256, false",
        "DISABLE, prefer, ecp256, false",
        "DISABLE, disable, ecp256, false"
    })
    void theDriverComesIn(ChannelBinding ours, String theirs, String algorithm, boolean nativeLibrary)
            throws SQLException {
        try (TestPooler pooler = pooler(ours, nativeLibrary, algorithm(algorithm))) {
            assertThat(jdbc(pooler, theirs, "sesame")).isEqualTo("in");
        }
    }

    @ParameterizedTest
    @CsvSource({"REQUIRE, disable", "DISABLE, require"})
    void whoeverInsistsIsHeard(ChannelBinding ours, String theirs) {
        try (TestPooler pooler = pooler(ours, false, b -> b)) {
            assertThatThrownBy(() -> jdbc(pooler, theirs, "sesame")).isInstanceOf(SQLException.class);
        }
    }

    @Test
    void aWrongPasswordIsStillWrong() {
        try (TestPooler pooler = pooler(ChannelBinding.PREFER, false, b -> b)) {
            assertThatThrownBy(() -> jdbc(pooler, "require", "guess"))
                    .isInstanceOfSatisfying(
                            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("28P01"));
        }
    }

    /** The authority's signature is made by its own key: P-256. What counts is how our certificate was signed. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void anEd25519KeyUnderAnEcdsaSignatureCanBeBoundTo(boolean nativeLibrary) throws SQLException {
        try (TestPooler pooler = pooler(ChannelBinding.PREFER, nativeLibrary, algorithm("ed25519"))) {
            assertThat(jdbc(pooler, "require", "sesame")).isEqualTo("in");
        }
    }
}
