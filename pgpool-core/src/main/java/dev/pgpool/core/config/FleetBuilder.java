package dev.pgpool.core.config;

import java.util.Objects;
import java.util.Optional;

/** Describes a fleet's budget; given to the lambda of {@code fleet}. Not thread-safe. */
public final class FleetBuilder {
    private String name = "";
    private int maxServerConnections;
    private int weight = 1;
    private Optional<String> database = Optional.empty();

    /** No default: 1 to 63 characters. Poolers that say the same name share one budget. */
    public FleetBuilder name(String name) {
        this.name = Objects.requireNonNull(name, "name");
        return this;
    }

    /** No default: 1 to 4000. Server connections of all members together; members must say the same. */
    public FleetBuilder maxServerConnections(int maxServerConnections) {
        this.maxServerConnections = maxServerConnections;
        return this;
    }

    /** Default 1, at most 1000. The share of this member, in proportion to those of others, when all want more than there is. */
    public FleetBuilder weight(int weight) {
        this.weight = weight;
        return this;
    }

    /**
     * Default: the database that has the fleet. The configured database, with a forced user, in which PostgreSQL keeps the
     * budget; members must say the same. Needed for the fleet of a pooler or of a user.
     */
    public FleetBuilder database(String database) {
        this.database = Optional.of(Objects.requireNonNull(database, "database"));
        return this;
    }

    /** The description as a value; it is checked with the rest of the configuration. */
    public FleetConfig build() {
        return new FleetConfig(name, maxServerConnections, weight, database);
    }
}
