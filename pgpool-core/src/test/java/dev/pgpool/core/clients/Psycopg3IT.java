package dev.pgpool.core.clients;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.fixture.OnEveryRoute;
import dev.pgpool.core.fixture.Route;
import java.io.IOException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** psycopg 3, with pipelines and statements prepared from the first use. */
@Tag("installed")
@OnEveryRoute
class Psycopg3IT {

    private final Route route;

    Psycopg3IT(Route route) {
        this.route = route;
    }

    @Test
    void thousandTransactions() throws IOException, InterruptedException {
        Ledger ledger = new Ledger(route.postgres());
        try (Route.Way way = route.open(2)) {
            assertThat(Program.script(way, "/usr/bin/python3", "python/psycopg3.py")
                            .with(ledger)
                            .run())
                    .isEqualTo("1000 transactions\n");
        }
        ledger.assertComplete();
    }
}
