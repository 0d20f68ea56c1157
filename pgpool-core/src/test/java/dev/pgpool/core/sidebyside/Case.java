package dev.pgpool.core.sidebyside;

import java.util.List;

/**
 * A row of the table: what is done, and how what is seen may differ.
 *
 * @param what is done, in words
 * @param scenario the same
 * @param sqlStates what errors may have here whose SQLSTATE is PgBouncer's one and only
 * @param readme the row of docs/console-and-ini.md that tells the difference; empty if there is none
 * @param theirs what PgBouncer's client sees then
 * @param ours what the pooler's client sees then
 */
record Case(
        String what, Scenario scenario, List<String> sqlStates, String readme, List<String> theirs, List<String> ours) {

    /** What a client does. */
    interface Scenario {
        void play(Seat seat) throws Exception;
    }

    static Case of(String what, Scenario scenario) {
        return new Case(what, scenario, List.of(), "", List.of(), List.of());
    }

    /** PgBouncer says 08P01, and here the errors have the SQLSTATEs that PostgreSQL has for them. */
    Case state(String... states) {
        return new Case(what, scenario, List.of(states), readme, theirs, ours);
    }

    /** A documented difference. */
    Case differs(String readme, List<String> theirs, List<String> ours) {
        return new Case(what, scenario, sqlStates, readme, theirs, ours);
    }
}
