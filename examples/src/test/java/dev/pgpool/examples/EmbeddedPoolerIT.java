package dev.pgpool.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import org.junit.jupiter.api.Test;

class EmbeddedPoolerIT {

    @Test
    void theSnippetAsksThroughThePooler() throws Exception {
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start()) {
            assertThat(EmbeddedPooler.serverVersion("127.0.0.1", postgres.getPort()))
                    .startsWith("18.");
        }
    }
}
