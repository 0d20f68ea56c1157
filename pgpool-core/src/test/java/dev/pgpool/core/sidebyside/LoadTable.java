package dev.pgpool.core.sidebyside;

import dev.pgpool.core.fixture.WireClient;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** What an operator does while clients work. */
final class LoadTable {
    private LoadTable() {}

    private static final int CLIENTS = 6;

    /** What the operator does. */
    private interface Deed {
        void with(Seat seat, WireClient boss, Load load) throws Exception;
    }

    static List<Setup> setups() {
        // a WAIT_CLOSE that came before is what PgBouncer answers a SUSPEND with
        return List.of(
                work("suspended under load", under("SUSPEND and RESUME", (seat, boss, load) -> {
                    seat.run(boss, "SUSPEND");
                    load.awaitStandstill();
                    seat.run(boss, "RESUME");
                    load.awaitMore();
                })),
                work(
                        "under load",
                        under("PAUSE and RESUME", (seat, boss, load) -> {
                            seat.run(boss, "PAUSE");
                            load.awaitStandstill();
                            seat.run(boss, "RESUME");
                            load.awaitMore();
                        }),
                        under("PAUSE and RESUME of a database", (seat, boss, load) -> {
                            seat.run(boss, "PAUSE app");
                            load.awaitStandstill();
                            seat.run(boss, "RESUME app");
                            load.awaitMore();
                        }),
                        under("RECONNECT", (seat, boss, load) -> {
                            seat.run(boss, "RECONNECT");
                            seat.run(boss, "WAIT_CLOSE");
                            load.awaitMore();
                        }),
                        under("RECONNECT of a database", (seat, boss, load) -> {
                            seat.run(boss, "RECONNECT app");
                            seat.run(boss, "WAIT_CLOSE app");
                            load.awaitMore();
                        }),
                        under("RELOAD", (seat, boss, load) -> {
                            seat.run(boss, "RELOAD");
                            load.awaitMore();
                        }),
                        under("DISABLE", (seat, boss, load) -> {
                            seat.run(boss, "DISABLE app");
                            load.awaitMore();
                            seat.run(boss, "ENABLE app");
                        }),
                        under("KILL", (seat, boss, load) -> {
                                    seat.run(boss, "KILL app");
                                    load.awaitEnd();
                                    seat.run(boss, "RESUME app");
                                    seat.login("app", "app", "");
                                })
                                .state("57P01"),
                        under("SHUTDOWN", (seat, boss, load) -> {
                                    boss.query("SHUTDOWN").send();
                                    load.awaitEnd();
                                    seat.note("over");
                                })
                                .differs(
                                        "SHUTDOWN closes its clients without a word",
                                        ends("closed without a word"),
                                        ends(
                                                "FATAL 57P01 terminating connection due to administrator command / server shutting down"))));
    }

    private static List<String> ends(String each) {
        List<String> all = new ArrayList<>(List.of("over"));
        all.addAll(Collections.nCopies(CLIENTS, each));
        return all;
    }

    private static Setup work(String name, Case... cases) {
        return Setup.of(name, List.of("default_pool_size = 3", "query_wait_timeout = 20"), cases);
    }

    private static Case under(String what, Deed deed) {
        return Case.of(what, seat -> {
            try (Load load = new Load(seat, CLIENTS)) {
                load.awaitMore();
                deed.with(seat, seat.boss(), load);
                load.stop();
                load.ends().forEach(seat::note);
            }
        });
    }
}
