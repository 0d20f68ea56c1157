package dev.pgpool.core.internal.client;

import dev.pgpool.core.config.AdminConfig;

/** What a user may do at the console. */
enum OperatorRights {
    NONE,
    /** To look. */
    STATS,
    /** Everything. */
    ADMIN;

    /**
     * What the configuration of now says.
     *
     * @param owner whether it is proven that the user runs this process
     */
    static OperatorRights of(AdminConfig config, String user, boolean owner) {
        if (config.everybody()
                || (owner && config.owner())
                || config.adminUsers().contains(user)) {
            return ADMIN;
        }
        return config.statsUsers().contains(user) ? STATS : NONE;
    }
}
