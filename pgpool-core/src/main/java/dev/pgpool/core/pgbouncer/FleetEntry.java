package dev.pgpool.core.pgbouncer;

import dev.pgpool.core.config.FleetBuilder;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/** The keys of a fleet, which PgBouncer does not have: of all, of a database, or of a user. */
final class FleetEntry {
    static final Set<String> KEYS = Set.of("fleet", "fleet_max_db_connections", "fleet_weight", "fleet_database");

    private static final int MOST = 4_000;

    private FleetEntry() {}

    /** What is said of a fleet, if one is named. */
    static Optional<Consumer<FleetBuilder>> of(IniSettings given) {
        return given.text("fleet").map(name -> fleet -> {
            fleet.name(name)
                    .maxServerConnections(given.integer("fleet_max_db_connections", 0, 0, MOST))
                    .weight(given.integer("fleet_weight", 1, 1, 1_000));
            given.text("fleet_database").ifPresent(fleet::database);
        });
    }
}
