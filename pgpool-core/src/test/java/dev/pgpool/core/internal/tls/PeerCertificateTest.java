package dev.pgpool.core.internal.tls;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.pkitesting.CertificateBuilder;
import javax.security.auth.x500.X500Principal;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Names as PostgreSQL compares them: by the first CN, or by the subject in the form of RFC 2253. */
class PeerCertificateTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                // as in PostgreSQL's documentation of clientname=DN
                "CN=andrew, OU=eng, O=Corp|andrew|CN=andrew,OU=eng,O=Corp",
                "CN=first, CN=second|second|CN=first,CN=second",
                "O=Corp|-|O=Corp",
                "CN=a\\,b|a,b|CN=a\\,b",
                "CN=é|é|CN=\\C3\\A9",
                "EMAILADDRESS=x@example.org, CN=x|x|emailAddress=x@example.org,CN=x",
            })
    void namesAreRead(String subject, @Nullable String commonName, String distinguishedName) throws Exception {
        PeerCertificate peer = new PeerCertificate(new CertificateBuilder()
                .ecp256()
                .subject(new X500Principal(subject))
                .setIsCertificateAuthority(true)
                .buildSelfSigned()
                .getCertificate());
        assertThat(peer.commonName()).isEqualTo(commonName);
        assertThat(peer.distinguishedName()).isEqualTo(distinguishedName);
    }
}
