package dev.pgpool.core.config;

import java.util.EnumMap;
import java.util.Map;

/**
 * What becomes of session state between clients.
 *
 * @param policies by kind, in transaction pooling; a kind that is not named has its default
 * @param resetQuery what cleans a server after its client in session pooling; empty for nothing
 * @param resetAlways whether the reset query also runs after each transaction in transaction and statement pooling
 */
public record SessionStateConfig(Map<SessionState, StatePolicy> policies, String resetQuery, boolean resetAlways) {
    /** Everything is kept; only what cannot be known, the values of sequences outside a transaction, is rejected. */
    public static final SessionStateConfig DEFAULT = new SessionStateConfig(Map.of(), "DISCARD ALL", false);

    public SessionStateConfig {
        policies = Map.copyOf(policies);
    }

    public StatePolicy policy(SessionState kind) {
        return policies.getOrDefault(kind, kind == SessionState.SEQUENCE ? StatePolicy.REJECT : StatePolicy.KEEP);
    }

    /** This with another policy for one kind. */
    public SessionStateConfig with(SessionState kind, StatePolicy policy) {
        Map<SessionState, StatePolicy> changed = new EnumMap<>(SessionState.class);
        changed.putAll(policies);
        changed.put(kind, policy);
        return new SessionStateConfig(changed, resetQuery, resetAlways);
    }

    /** The bits of the kinds that have this policy. */
    public int bits(StatePolicy policy) {
        int bits = 0;
        for (SessionState kind : SessionState.values()) {
            if (policy(kind) == policy) {
                bits |= kind.bit();
            }
        }
        return bits;
    }

    void check(String path, Problems problems) {
        problems.require(
                policy(SessionState.SEQUENCE) != StatePolicy.KEEP,
                path + ".sessionState.SEQUENCE",
                StatePolicy.KEEP,
                "REJECT or IGNORE: which statements use a sequence can't be seen");
        problems.require(
                resetQuery.indexOf('\0') < 0,
                path + ".serverResetQuery",
                "text with a zero byte",
                "SQL, or nothing at all");
        problems.require(
                !resetAlways || !resetQuery.isBlank(),
                path + ".serverResetQueryAlways",
                "true without a reset query",
                "a reset query, or false");
    }
}
