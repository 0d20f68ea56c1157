package dev.pgpool.core.clients;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.fixture.OnEveryRoute;
import dev.pgpool.core.fixture.Route;
import java.io.IOException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** psycopg 2: simple queries in transactions that begin by themselves. */
@Tag("installed")
@OnEveryRoute
class Psycopg2IT {

    private final Route route;

    Psycopg2IT(Route route) {
        this.route = route;
    }

    @Test
    void thousandTransactions() throws IOException, InterruptedException {
        Ledger ledger = new Ledger(route.postgres());
        try (Route.Way way = route.open(2)) {
            assertThat(Program.script(way, "/usr/bin/python3", "python/psycopg2_client.py")
                            .with(ledger)
                            .run())
                    .isEqualTo("1000 transactions\n");
        }
        ledger.assertComplete();
    }
}
