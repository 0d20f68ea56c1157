package dev.pgpool.certwatch.server;

import dev.pgpool.certwatch.fixture.Probes;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** The same OpenSSL servers with Java's own TLS: another way to staples, and another view of old versions. */
class JavaTlsOpenSslIT extends OpenSslIT {

    @BeforeAll
    static void withoutBoringSsl() {
        Probes.nativeTls = false;
    }

    @AfterAll
    static void asBefore() {
        Probes.nativeTls = true;
    }
}
