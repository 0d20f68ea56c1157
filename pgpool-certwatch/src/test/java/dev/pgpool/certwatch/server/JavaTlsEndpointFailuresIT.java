package dev.pgpool.certwatch.server;

import dev.pgpool.certwatch.fixture.Probes;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** The same failures with Java's own TLS, as in a host without BoringSSL. */
class JavaTlsEndpointFailuresIT extends EndpointFailuresIT {

    @BeforeAll
    static void withoutBoringSsl() {
        Probes.nativeTls = false;
    }

    @AfterAll
    static void asBefore() {
        Probes.nativeTls = true;
    }
}
