package dev.pgpool.core.config;

import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;

/**
 * Who may use the console: the database {@code pgbouncer}, or {@code pgpool}. No user, unless named here.
 *
 * @param adminUsers may do everything
 * @param statsUsers may look, but change nothing
 * @param owner whether who runs this process may come by unix socket as {@code pgbouncer}, do everything, and need prove
 *     nothing
 * @param everybody whether any user that logs in may do everything: PgBouncer's {@code auth_type = any}
 * @param maxClients clients at the console; who may do everything counts, and is let in beyond it; 0 for no limit
 * @param statsPeriod what averages are of
 */
public record AdminConfig(
        Set<String> adminUsers,
        Set<String> statsUsers,
        boolean owner,
        boolean everybody,
        int maxClients,
        Duration statsPeriod) {
    /** As PgBouncer's. */
    public static final Duration DEFAULT_STATS_PERIOD = Duration.ofSeconds(60);

    /** No user may. */
    public static final AdminConfig NOBODY = new AdminConfig(Set.of(), Set.of(), false, false, 0, DEFAULT_STATS_PERIOD);

    public AdminConfig {
        adminUsers = Set.copyOf(adminUsers);
        statsUsers = Set.copyOf(statsUsers);
    }

    void check(Problems problems) {
        problems.require(!adminUsers.contains(""), "admin.adminUsers", "\"\"", "names of users");
        problems.positive("admin.statsPeriod", statsPeriod);
        problems.range("admin.maxClients", maxClients, 0, LimitsConfig.MOST_CLIENTS);
        problems.require(!statsUsers.contains(""), "admin.statsUsers", "\"\"", "names of users");
    }

    /** Whether no user may use the console. */
    public boolean isNobody() {
        return !owner && !everybody && adminUsers.isEmpty() && statsUsers.isEmpty();
    }

    @Override
    public String toString() {
        return "AdminConfig[adminUsers=" + new TreeSet<>(adminUsers) + ", statsUsers=" + new TreeSet<>(statsUsers)
                + ", owner=" + owner + ", everybody=" + everybody + ", maxClients=" + maxClients + ", statsPeriod="
                + statsPeriod + "]";
    }
}
