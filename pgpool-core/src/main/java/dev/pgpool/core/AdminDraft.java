package dev.pgpool.core;

import dev.pgpool.core.config.AdminConfig;
import java.time.Duration;
import java.util.Set;

/** Who may use the console, as far as a {@link PgPoolBuilder} has been told. Not checked. */
final class AdminDraft {
    Set<String> adminUsers = Set.of();
    Set<String> statsUsers = Set.of();
    boolean ownerIsAdmin;
    boolean everybodyIsAdmin;
    int maxConsoleClients;
    Duration statsPeriod = AdminConfig.DEFAULT_STATS_PERIOD;

    AdminConfig build() {
        return new AdminConfig(adminUsers, statsUsers, ownerIsAdmin, everybodyIsAdmin, maxConsoleClients, statsPeriod);
    }
}
