package dev.pgpool.certwatch.server;

import dev.pgpool.certwatch.fixture.Probes;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** The same probes with Java's own TLS, as in a host without BoringSSL. */
class JavaTlsEndpointIT extends EndpointIT {

    @BeforeAll
    static void withoutBoringSsl() {
        Probes.nativeTls = false;
    }

    @AfterAll
    static void asBefore() {
        Probes.nativeTls = true;
    }
}
