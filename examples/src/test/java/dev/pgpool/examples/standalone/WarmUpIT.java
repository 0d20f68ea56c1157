package dev.pgpool.examples.standalone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class WarmUpIT {
    private static final String THREADS = "pgpool-warm-up";

    @Test
    void clientsLogInAndAskThroughBothPoolersAndNothingIsLeft() {
        WarmUp.Done done = WarmUp.run(Duration.ofMinutes(2), 50);

        assertThat(done.logins()).isGreaterThanOrEqualTo(50);
        // no request has failed: each client asks for all ten, but for those whose time was over
        assertThat(done.transactions()).isBetween(done.logins() * 9, done.logins() * 10 + 40);
        await().until(() -> Thread.getAllStackTraces().keySet().stream()
                .noneMatch(thread -> thread.getName().startsWith(THREADS)));
    }

    @Test
    void itEndsInTime() {
        long before = System.nanoTime();

        WarmUp.run(Duration.ofMillis(1), Integer.MAX_VALUE);

        assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofMinutes(1));
    }
}
