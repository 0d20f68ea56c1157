package dev.pgpool.core.config;

import java.util.Set;
import java.util.TreeSet;

/**
 * Who may use the console: the database {@code pgbouncer}, or {@code pgpool}. Nobody, unless named here.
 *
 * @param adminUsers may do everything
 * @param statsUsers may look, but change nothing
 */
public record AdminConfig(Set<String> adminUsers, Set<String> statsUsers) {
    /** Nobody. */
    public static final AdminConfig NOBODY = new AdminConfig(Set.of(), Set.of());

    public AdminConfig {
        adminUsers = Set.copyOf(adminUsers);
        statsUsers = Set.copyOf(statsUsers);
    }

    void check(Problems problems) {
        problems.require(!adminUsers.contains(""), "admin.adminUsers", "\"\"", "names of users");
        problems.require(!statsUsers.contains(""), "admin.statsUsers", "\"\"", "names of users");
    }

    @Override
    public String toString() {
        return "AdminConfig[adminUsers=" + new TreeSet<>(adminUsers) + ", statsUsers=" + new TreeSet<>(statsUsers)
                + "]";
    }
}
