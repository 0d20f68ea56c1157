package dev.pgpool.core.config;

import java.util.Optional;

/**
 * One budget of server connections that several poolers share.
 *
 * @param name of the fleet: poolers that say the same name, and keep it in the same database, share one budget
 * @param maxServerConnections server connections of all its members together
 * @param weight of this member's share when all want more than there is
 * @param database the configured database in which the budget is kept; empty for the one that has the fleet
 */
public record FleetConfig(String name, int maxServerConnections, int weight, Optional<String> database) {
    /** More locks than this a PostgreSQL with usual settings can't hold. */
    static final int MOST = 4_000;

    void check(String path, Problems problems) {
        problems.require(
                !name.isEmpty() && name.length() <= 63,
                path + ".name",
                "\"" + name + "\"",
                "a name of 1 to 63 characters");
        problems.range(path + ".maxServerConnections", maxServerConnections, 1, MOST);
        problems.range(path + ".weight", weight, 1, 1_000);
    }
}
