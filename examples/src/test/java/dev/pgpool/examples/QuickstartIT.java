package dev.pgpool.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.examples.quickstart.BankServer;
import dev.pgpool.examples.quickstart.OpenConnections;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class QuickstartIT {
    private final ByteArrayOutputStream output = new ByteArrayOutputStream();

    @Test
    void manyClientsShareFewServersAndTheBooksAreRight() throws Exception {
        try (BankServer server = BankServer.embedded()) {
            assertThat(run(server)).isTrue();

            assertThat(printed())
                    .contains("25 clients are connected")
                    .containsPattern("clients +25\\R")
                    .containsPattern("servers used +([1-9]|10)\\R")
                    .containsPattern("sum of balances, after +10,000,000\\R")
                    .contains("OK: every transaction counted once");
            assertThat(schemasLeft(server)).isZero();
        }
    }

    @Test
    void threadsThatHoldOpenConnectionsAreShownBesideAPool() throws Exception {
        try (BankServer server = BankServer.embedded()) {
            PrintStream out = new PrintStream(output, true, StandardCharsets.UTF_8);

            new OpenConnections(server, out, 200, Duration.ofSeconds(1)).show();

            assertThat(printed())
                    .contains("pgpool: 200 ")
                    .containsPattern("pgpool, 20 servers +[0-9,]+ times a second\\R")
                    .containsPattern("HikariCP, 20 connections +[0-9,]+ times a second\\R");
        }
    }

    @Test
    void aServerOfOnesOwnIsUsedByItsUrl() throws Exception {
        try (BankServer started = BankServer.embedded()) {
            String url = "postgresql://postgres@127.0.0.1:" + started.port() + "/postgres";

            assertThat(run(BankServer.at(url))).isTrue();

            assertThat(printed()).doesNotContain("started for this");
        }
    }

    private boolean run(BankServer server) throws Exception {
        PrintStream out = new PrintStream(output, true, StandardCharsets.UTF_8);
        return new Quickstart(out, 25, Duration.ofMillis(500)).run(server);
    }

    private String printed() {
        return output.toString(StandardCharsets.UTF_8);
    }

    private static int schemasLeft(BankServer server) throws Exception {
        try (Connection connection = server.direct().getConnection();
                ResultSet row = connection
                        .createStatement()
                        .executeQuery("SELECT count(*) FROM pg_namespace WHERE nspname = 'pgpool_quickstart'")) {
            row.next();
            return row.getInt(1);
        }
    }
}
