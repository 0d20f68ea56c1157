package dev.pgpool.core.internal.server;

import dev.pgpool.core.config.TargetSessionAttributes;
import org.jspecify.annotations.Nullable;

/** Tells whether a server is of the wanted kind, in libpq's terms and words. */
final class ServerRole {
    private static final String IN_HOT_STANDBY = "in_hot_standby";
    private static final String READ_ONLY_DEFAULT = "default_transaction_read_only";

    private ServerRole() {}

    /** Whether the kind of a server matters at all. */
    static boolean matters(TargetSessionAttributes wanted) {
        return wanted != TargetSessionAttributes.ANY && wanted != TargetSessionAttributes.PREFER_STANDBY;
    }

    /** Whether a change of this parameter may make the server one of another kind. */
    static boolean isToldBy(String parameter) {
        return parameter.equals(IN_HOT_STANDBY);
    }

    /** Whether the server has reported enough at login; those before PostgreSQL 14 have not. */
    static boolean isKnown(ServerConnection server) {
        return server.readOnlyParameters().containsKey(IN_HOT_STANDBY)
                && server.loginParameters().get(READ_ONLY_DEFAULT) != null;
    }

    /** What to ask a server that has not reported enough. */
    static String question(TargetSessionAttributes wanted) {
        return aboutWriting(wanted) ? "SHOW transaction_read_only" : "SELECT pg_catalog.pg_is_in_recovery()";
    }

    /** Why the server is of the wrong kind, by what it has reported; null if it is of the right one. */
    static @Nullable String objection(TargetSessionAttributes wanted, ServerConnection server) {
        boolean standby = isOn(server.readOnlyParameters().get(IN_HOT_STANDBY));
        boolean readOnly = standby || isOn(server.loginParameters().get(READ_ONLY_DEFAULT));
        return objection(wanted, aboutWriting(wanted) ? readOnly : standby);
    }

    /** Why the server is of the wrong kind, by its answer to the question; null if it is of the right one. */
    static @Nullable String objection(TargetSessionAttributes wanted, @Nullable String answer) {
        return objection(wanted, isOn(answer));
    }

    private static @Nullable String objection(TargetSessionAttributes wanted, boolean readOnlyOrStandby) {
        return switch (wanted) {
            case ANY, PREFER_STANDBY -> null;
            case READ_WRITE -> readOnlyOrStandby ? "session is read-only" : null;
            case READ_ONLY -> readOnlyOrStandby ? null : "session is not read-only";
            case PRIMARY -> readOnlyOrStandby ? "server is in hot standby mode" : null;
            case STANDBY -> readOnlyOrStandby ? null : "server is not in hot standby mode";
        };
    }

    private static boolean aboutWriting(TargetSessionAttributes wanted) {
        return wanted == TargetSessionAttributes.READ_WRITE || wanted == TargetSessionAttributes.READ_ONLY;
    }

    private static boolean isOn(@Nullable String value) {
        return value != null && (value.equals("on") || value.equals("t"));
    }
}
