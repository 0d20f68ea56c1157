package dev.pgpool.certwatch.target;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pgpool.certwatch.fixture.Pki;
import dev.pgpool.certwatch.trust.TrustSource;
import dev.pgpool.certwatch.trust.Verification;
import io.netty.pkitesting.X509Bundle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.PGProperty;

/** Parameters of a connection URL mean what they mean to the client that it is for. */
class LibpqOptionsTest {

    @TempDir
    Path directory;

    private static Endpoint parse(String url) {
        return (Endpoint) CertTarget.parse(url);
    }

    @ParameterizedTest
    @CsvSource({
        "postgres://h/db, NONE",
        "postgres://h/db?sslmode=allow, NONE",
        "postgres://h/db?sslmode=prefer, NONE",
        "postgres://h/db?sslmode=require, NONE",
        "postgres://h/db?sslmode=verify-ca, CA",
        "postgres://h/db?sslmode=verify-full, FULL",
        "postgres://h/db?sslrootcert=/ca.pem, CA",
        "postgres://h/db?sslmode=require&sslrootcert=/ca.pem, CA",
        "postgres://h/db?sslmode=prefer&sslrootcert=/ca.pem, CA",
        "postgres://h/db?sslmode=verify-full&sslrootcert=/ca.pem, FULL",
        "postgres://h/db?sslrootcert=system, FULL",
        "postgres://h/db?sslrootcert=system&sslmode=verify-full, FULL",
        "postgres://h/db?ssl=true, NONE",
        "postgres://h/db?requiressl=1, NONE",
        "postgres://h/db?verify=full, FULL",
        "postgres+direct://h/db?sslmode=verify-ca, CA",
        "jdbc:postgresql://h/db, NONE",
        "jdbc:postgresql://h/db?ssl=true, FULL",
        "jdbc:postgresql://h/db?ssl, FULL",
        "jdbc:postgresql://h/db?sslmode=require&sslrootcert=/ca.pem, NONE",
        "jdbc:postgresql://h/db?sslmode=verify-ca&sslrootcert=/ca.pem, CA"
    })
    void modesAndRootsMeanWhatTheyMeanToTheClient(String url, Verification verification) {
        Endpoint endpoint = parse(url);
        assertThat(endpoint.verification()).isEqualTo(verification);
        if (url.contains("/ca.pem")) {
            assertThat(endpoint.trust()).isEqualTo(TrustSource.file(Path.of("/ca.pem")));
        } else if (url.contains("system")) {
            assertThat(endpoint.trust()).isEqualTo(TrustSource.os());
        } else {
            assertThat(endpoint.trust()).isNull();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://h?sslmode=require",
                "https://h?sslrootcert=/ca.pem",
                "https://h?sslnegotiation=direct",
                "tls://h:1?sslcert=/c.pem&sslkey=/k.pem",
                "mysql://h?sslmode=verify-full",
                "smtp+starttls://h?sslmode=require",
                "file:/x.pem?sslmode=require",
                "postgres://h/db?sslmode=disable",
                "postgres://h/db?sslmode=Require",
                "postgres://h/db?sslmode=",
                "postgres://h/db?sslmod=require",
                "postgres://h/db?SSLMODE=require",
                "postgres://h/db?sslrootcert=",
                "postgres://h/db?sslrootcert=/ca.pem&ca=/ca.pem",
                "postgres://h/db?sslrootcert=system&sslmode=require",
                "postgres://h/db?sslmode=require&verify=full",
                "postgres://h/db?sslmode=require&sslmode=verify-full",
                "postgres://h/db?sslcert=/c.pem",
                "postgres://h/db?sslkey=/k.pem",
                "postgres://h/db?sslcert=/no/such.pem&sslkey=/no/such.key",
                "postgres://h/db?sslpassword=x",
                "postgres://h/db?sslcrl=/x",
                "postgres://h/db?sslcrldir=/x",
                "postgres://h/db?sslsni=0",
                "postgres://h/db?sslcertmode=maybe",
                "postgres://h/db?sslnegotiation=never",
                "postgres://h/db?ssl_min_protocol_version=TLSv1.3",
                "postgres://h/db?service=mine",
                "postgres://h/db?prepareThreshold=5",
                "jdbc:postgresql://h/db?application_name=x",
                "postgres:///db",
            })
    void whatIsUnknownOrUselessIsRefused(String url) {
        assertThatThrownBy(() -> CertTarget.parse(url))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("expected:");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "postgresql://u:p@h:6432/db?application_name=x&connect_timeout=10&target_session_attrs=any&options=-c%20a%3Db",
                "postgres://h?channel_binding=require&gssencmode=disable&keepalives=1&load_balance_hosts=random",
                "postgres://h?sslsni=1&ssl_min_protocol_version=TLSv1.2&sslcompression=0&sslcertmode=allow",
                "jdbc:postgresql://h/db?user=x&password=y&ApplicationName=z&reWriteBatchedInserts=true&prepareThreshold=0",
            })
    void whatHasNothingToDoWithCertificatesIsPassedOver(String url) {
        assertThat(parse(url).host()).isEqualTo("h");
    }

    @ParameterizedTest
    @EnumSource(PGProperty.class)
    void everyPropertyOfTheDriverIsKnown(PGProperty property) {
        String url = "jdbc:postgresql://h/db?" + property.getName() + "=x";
        switch (property) {
            case PG_DBNAME, PG_HOST, PG_PORT -> {
                // the driver takes these from the URL's own parts
            }
            case SSL, SSL_CERT, SSL_KEY, SSL_MODE, SSL_NEGOTIATION, SSL_PASSWORD, SSL_ROOT_CERT ->
                assertThat(property.getName()).startsWith("ssl");
            default -> assertThat(parse(url).host()).isEqualTo("h");
        }
    }

    @Test
    void hostAndPortMayStandInTheQuery() {
        Endpoint endpoint = parse("postgresql:///db?host=db.internal&port=6432&hostaddr=10.0.0.5");
        assertThat(endpoint.host()).isEqualTo("db.internal");
        assertThat(endpoint.port()).isEqualTo(6432);
        assertThat(endpoint.connect().addresses()).containsExactly("10.0.0.5");
    }

    @Test
    void aCertificateAndItsKeyAreShown() throws Exception {
        X509Bundle client = Pki.selfSigned("client", Duration.ofDays(30));
        Path certificate = Files.writeString(directory.resolve("c.pem"), Pki.pem(Pki.chain(client)));
        Path key = Files.writeString(directory.resolve("k.pem"), client.getPrivateKeyPEM());
        String both = "postgres://h/db?sslcert=" + certificate + "&sslkey=" + key;
        assertThat(parse(both).client().certificates()).containsExactly(client.getCertificate());
        assertThat(parse(both + "&sslcertmode=disable").client()).isNull();
        assertThat(parse("jdbc:postgresql" + both.substring("postgres".length()))
                        .client())
                .isNotNull();
    }
}
