package dev.pgpool.core.clients;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.fixture.OnEveryRoute;
import dev.pgpool.core.fixture.Route;
import java.io.IOException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** node-postgres, the driver of most Node.js programs. */
@Tag("installed")
@OnEveryRoute
class NodePostgresIT {

    private final Route route;

    NodePostgresIT(Route route) {
        this.route = route;
    }

    @Test
    void thousandTransactions() throws IOException, InterruptedException {
        Ledger ledger = new Ledger(route.postgres());
        try (Route.Way way = route.open(2)) {
            assertThat(Program.script(way, "node", "node/node-postgres.mjs")
                            .with(ledger)
                            .run())
                    .isEqualTo("1000 transactions\n");
        }
        ledger.assertComplete();
    }
}
