package dev.pgpool.core.sidebyside;

import dev.pgpool.core.fixture.WireClient;
import java.util.List;

/** How many there may be. */
final class LimitTable {
    private LimitTable() {}

    private static final String WAIT = "query_wait_timeout = 1";

    static List<Setup> setups() {
        return List.of(
                Setup.of(
                        "max_client_conn",
                        List.of("max_client_conn = 2"),
                        Case.of("the third", seat -> {
                                    seat.app();
                                    WireClient second = seat.app();
                                    seat.login("app", "app", "");
                                    second.terminate().send();
                                    seat.note("closed: " + second.isClosedByPeer());
                                    seat.login("app", "app", "");
                                })
                                .state("53300")),
                Setup.of(
                        "max_db_client_connections",
                        List.of("max_db_client_connections = 1"),
                        Case.of("the second of a database", seat -> {
                                    seat.app();
                                    seat.login("app", "app", "");
                                    seat.login("app", "forced", "");
                                })
                                .state("53300")),
                Setup.of(
                        "max_user_client_connections",
                        List.of("max_user_client_connections = 1"),
                        Case.of("the second of a user", seat -> {
                                    seat.app();
                                    seat.login("app", "forced", "");
                                    seat.login("plain", "forced", "");
                                })
                                .state("53300")),
                Setup.of(
                        "max_user_client_connections of one user",
                        List.of("[users]", "limited = max_user_client_connections=1"),
                        Case.of("the second of that user", seat -> {
                                    seat.enter("limited", "forced");
                                    seat.login("limited", "forced", "");
                                    seat.login("app", "app", "");
                                })
                                .state("53300")),
                waits("default_pool_size", "default_pool_size = 1", "app"),
                waits("max_db_connections", "max_db_connections = 1", "app"),
                waits("max_user_connections", "max_user_connections = 1", "app"),
                Setup.of(
                        "reserve_pool_size",
                        List.of(WAIT, "default_pool_size = 1", "reserve_pool_size = 1", "reserve_pool_timeout = 0.1"),
                        Case.of("the reserve", seat -> {
                                    seat.run(seat.app(), "BEGIN");
                                    seat.run(seat.app(), "BEGIN");
                                    seat.run(seat.app(), "SELECT 3");
                                })
                                .state("53300")),
                Setup.of(
                        "min_pool_size",
                        List.of("min_pool_size = 2", "default_pool_size = 3"),
                        Case.of("servers that nobody has used", seat -> {
                            seat.run(seat.app(), "SELECT 1");
                            WireClient boss = seat.boss();
                            seat.await(() ->
                                    seat.rows(boss, "SHOW POOLS", "database", "sv_idle", "sv_used", "sv_login").stream()
                                            .anyMatch(row -> row.matches("app (2 0|1 1|0 2) 0")));
                            seat.note("2 servers");
                        })));
    }

    /** One server, which a transaction has: who comes next waits in vain, and after it not. */
    private static Setup waits(String name, String setting, String database) {
        return Setup.of(
                name,
                List.of(WAIT, setting),
                Case.of("who waits in vain", seat -> {
                            WireClient first = seat.app();
                            seat.run(first, "BEGIN");
                            seat.login("app", database, "");
                            seat.run(first, "COMMIT");
                            seat.run(seat.enter("app", database), "SELECT 3");
                        })
                        .state("53300"));
    }
}
