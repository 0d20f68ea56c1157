package dev.pgpool.core.clients;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.fixture.OnEveryRoute;
import dev.pgpool.core.fixture.Route;
import java.io.IOException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Drizzle ORM over node-postgres: its query builder, prepared statements and nested transactions. */
@Tag("installed")
@OnEveryRoute
class DrizzleIT {

    private final Route route;

    DrizzleIT(Route route) {
        this.route = route;
    }

    @Test
    void thousandTransactions() throws IOException, InterruptedException {
        Ledger ledger = new Ledger(route.postgres());
        try (Route.Way way = route.open(2)) {
            assertThat(Program.script(way, "node", "node/drizzle.mjs")
                            .with(ledger)
                            .run())
                    .isEqualTo("1000 transactions\n");
        }
        ledger.assertComplete();
    }
}
