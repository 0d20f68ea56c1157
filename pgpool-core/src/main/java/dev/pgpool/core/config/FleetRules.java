package dev.pgpool.core.config;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** What must be true of the fleets of a configuration together. */
final class FleetRules {
    private FleetRules() {}

    static void check(
            Optional<FleetConfig> fleet,
            Map<String, DatabaseConfig> databases,
            Map<String, UserConfig> users,
            Problems problems) {
        fleet.ifPresent(described -> check("fleet", described, Optional.empty(), databases, problems));
        databases
                .values()
                .forEach(database -> database.fleet()
                        .ifPresent(described -> check(
                                "databases." + database.name() + ".fleet",
                                described,
                                Optional.of(database.name()),
                                databases,
                                problems)));
        users.values()
                .forEach(user -> user.fleet()
                        .ifPresent(described -> check(
                                "users." + user.name() + ".fleet", described, Optional.empty(), databases, problems)));
        Map<String, FleetConfig> byName = new LinkedHashMap<>();
        homes(fleet, databases, users).keySet().forEach(described -> {
            FleetConfig same = byName.putIfAbsent(described.name(), described);
            problems.require(
                    same == null, "fleet " + described.name(), "two descriptions", "the same wherever it is named");
        });
    }

    private static void check(
            String path,
            FleetConfig fleet,
            Optional<String> owner,
            Map<String, DatabaseConfig> databases,
            Problems problems) {
        fleet.check(path, problems);
        DatabaseConfig home = fleet.database()
                .or(() -> owner)
                .or(() -> only(databases))
                .map(databases::get)
                .orElse(null);
        problems.require(
                home != null && !home.name().equals(DatabaseConfig.FALLBACK),
                path + ".database",
                fleet.database().map(name -> "\"" + name + "\"").orElse("none"),
                "one of the configured databases, in which the budget is kept");
        if (home != null) {
            problems.require(
                    home.user().isPresent(),
                    "databases." + home.name() + ".user",
                    "none",
                    "a forced user, since a fleet's budget is kept there");
            TargetSessionAttributes wanted = home.hosts().targetSessionAttributes();
            problems.require(
                    home.hosts().hosts().size() == 1
                            || wanted == TargetSessionAttributes.PRIMARY
                            || wanted == TargetSessionAttributes.READ_WRITE,
                    "databases." + home.name() + ".targetSessionAttributes",
                    wanted,
                    "PRIMARY or READ_WRITE, since a fleet's budget is kept there and there are several hosts");
        }
    }

    private static Optional<String> only(Map<String, DatabaseConfig> databases) {
        return databases.size() == 1 ? databases.keySet().stream().findFirst() : Optional.empty();
    }

    /** All fleets, each with the name of the database in which its budget is kept, if it is known. */
    static Map<FleetConfig, String> homes(
            Optional<FleetConfig> fleet, Map<String, DatabaseConfig> databases, Map<String, UserConfig> users) {
        Map<FleetConfig, String> homes = new LinkedHashMap<>();
        fleet.ifPresent(described -> homes.put(described, home(described, only(databases))));
        databases
                .values()
                .forEach(database -> database.fleet()
                        .ifPresent(described ->
                                homes.putIfAbsent(described, home(described, Optional.of(database.name())))));
        users.values()
                .forEach(user -> user.fleet()
                        .ifPresent(described -> homes.putIfAbsent(described, home(described, only(databases)))));
        return homes;
    }

    private static String home(FleetConfig fleet, Optional<String> otherwise) {
        return fleet.database().or(() -> otherwise).orElse("");
    }
}
