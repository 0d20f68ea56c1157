package dev.pgpool.core.sidebyside;

import dev.pgpool.core.fixture.WireClient;
import java.util.List;

/** What takes too long. */
final class TimeoutTable {
    private TimeoutTable() {}

    static List<Setup> setups() {
        return List.of(
                Setup.of(
                        "query_timeout",
                        List.of("query_timeout = 0.3"),
                        Case.of("a query that takes too long", seat -> {
                                    WireClient client = seat.app();
                                    seat.run(client, "SELECT 1");
                                    seat.run(client, "SELECT pg_sleep(20)");
                                })
                                .differs(
                                        "`query_timeout` ends the connection",
                                        List.of(
                                                "DataRow 1 1 '1'",
                                                "CommandComplete \"SELECT 1\"",
                                                "ready I",
                                                "FATAL 08P01 query timeout",
                                                "closed"),
                                        List.of(
                                                "DataRow 1 1 '1'",
                                                "CommandComplete \"SELECT 1\"",
                                                "ready I",
                                                "ERROR 57014 canceling statement due to query_timeout / query timeout",
                                                "ready I"))),
                Setup.of(
                        "idle_transaction_timeout",
                        List.of("idle_transaction_timeout = 0.3"),
                        Case.of("a transaction that does nothing", seat -> {
                                    WireClient client = seat.app();
                                    seat.run(client, "BEGIN");
                                    seat.answer(client);
                                })
                                .state("25P03")),
                Setup.of(
                        "client_idle_timeout",
                        List.of("client_idle_timeout = 0.3"),
                        Case.of("a client that does nothing", seat -> {
                                    WireClient client = seat.app();
                                    seat.run(client, "SELECT 1");
                                    seat.answer(client);
                                })
                                .state("57P05")),
                Setup.of(
                        "query_wait_timeout",
                        List.of("query_wait_timeout = 0.3", "default_pool_size = 1"),
                        Case.of("a client that waits", seat -> {
                                    seat.run(seat.app(), "BEGIN");
                                    seat.run(seat.app(), "SELECT 1");
                                })
                                .state("53300")),
                Setup.of(
                        "client_login_timeout",
                        List.of("client_login_timeout = 0.4", "auth_type = md5"),
                        Case.of("a client that says nothing", seat -> seat.answer(seat.connect())),
                        Case.of("a client that does not say its password", seat -> {
                            WireClient client = seat.connect().startup("plain", "forced");
                            seat.answer(client);
                        })),
                Setup.of(
                        "a server that is down",
                        List.of("query_wait_timeout = 0.5", "client_login_timeout = 1"),
                        Case.of("the first client", seat -> seat.login("app", "down", ""))
                                .state("53300")));
    }
}
