package dev.pgpool.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class SharedBudgetIT {

    @Test
    void theBudgetGoesWhereTheLoadIs() throws Exception {
        ByteArrayOutputStream shown = new ByteArrayOutputStream();
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start();
                SharedBudget budget = new SharedBudget(
                        "127.0.0.1", postgres.getPort(), new PrintStream(shown, true, StandardCharsets.UTF_8))) {
            assertThat(budget.show(Duration.ofMillis(500)))
                    .as(() -> shown.toString(StandardCharsets.UTF_8))
                    .isTrue();
        }
        assertThat(shown.toString(StandardCharsets.UTF_8))
                .doesNotContain("refused")
                .containsPattern("the first +12 +0 +0 +12 ")
                .containsPattern("all +4 +4 +4 +12 ")
                .containsPattern("the last +0 +0 +12 +12 ");
    }
}
