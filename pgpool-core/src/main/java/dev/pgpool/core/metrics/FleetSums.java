package dev.pgpool.core.metrics;

import dev.pgpool.core.PgPool;
import dev.pgpool.core.stats.FleetInfo;
import java.util.function.ToIntBiFunction;
import java.util.function.ToIntFunction;

/** Figures of all fleets that a pooler is a member of; nearly always there is none or one. */
final class FleetSums {
    private FleetSums() {}

    static double of(PgPool pool, ToIntFunction<FleetInfo> value) {
        return pool.fleets().stream().mapToInt(value).sum();
    }

    static double ofSelf(PgPool pool, ToIntBiFunction<FleetInfo, FleetInfo.Member> value) {
        return pool.fleets().stream()
                .mapToInt(fleet -> fleet.members().stream()
                        .filter(FleetInfo.Member::self)
                        .mapToInt(member -> value.applyAsInt(fleet, member))
                        .sum())
                .sum();
    }
}
