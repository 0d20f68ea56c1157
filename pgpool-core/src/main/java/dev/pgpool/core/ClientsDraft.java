package dev.pgpool.core;

import dev.pgpool.core.config.ClientsConfig;
import java.util.List;

/** What becomes of what clients send, as far as a {@link PgPoolBuilder} has been told. Not checked. */
final class ClientsDraft {
    boolean applicationNameAddHost = ClientsConfig.DEFAULT.applicationNameAddHost();
    String loginNotice = ClientsConfig.DEFAULT.loginNotice();
    boolean simpleQueries = ClientsConfig.DEFAULT.simpleQueries();
    List<String> ignoredStartupParameters = ClientsConfig.DEFAULT.ignoredStartupParameters();
    List<String> trackedStartupParameters = ClientsConfig.DEFAULT.trackedStartupParameters();

    ClientsConfig build() {
        return new ClientsConfig(
                applicationNameAddHost, loginNotice, simpleQueries, ignoredStartupParameters, trackedStartupParameters);
    }
}
