package dev.pgpool.core.internal.link;

import dev.pgpool.core.config.SessionState;
import dev.pgpool.core.internal.params.SqlText;
import dev.pgpool.core.internal.server.ServerConnection;
import dev.pgpool.core.internal.wire.RawText;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The query of an {@link Inspection}: one row of which the first column is the sum of the kinds of state that are there, then come
 * the values of the parameters, then the list of those that are set in the session.
 *
 * <p>Everything in it is qualified: the client's search_path must not choose what it means.
 *
 * @param kinds bits of the kinds of state that are asked for
 * @param settings parameters that were set
 * @param resets parameters that were returned to their defaults
 * @param listed whether any parameter may have changed that the server lists
 * @param asBytes whether the client's encoding is another than the database's: values come as hexadecimal digits
 */
record InspectionQuery(
        ServerConnection server,
        int kinds,
        List<String> settings,
        List<String> resets,
        boolean listed,
        boolean asBytes) {
    private static final String EQUALS = " OPERATOR(pg_catalog.=) ";

    /** Asks for nothing. */
    static InspectionQuery none(ServerConnection server) {
        return new InspectionQuery(server, 0, List.of(), List.of(), false, false);
    }

    /** Its text; null if there is nothing that the server could tell. */
    @Nullable
    String sql() {
        List<String> columns = new ArrayList<>();
        if (kinds != 0) {
            columns.add(sumOfKinds());
        } else if (settings.isEmpty() && !wantsList()) {
            return null;
        } else {
            columns.add("0");
        }
        for (String name : settings) {
            columns.add(value(name));
        }
        if (wantsList()) {
            columns.add(SqlText.LISTED);
            resets.stream().filter(this::isUnlisted).forEach(name -> columns.add(value(name)));
        }
        return "SELECT " + String.join(",", columns);
    }

    /** Whether the server has to say which parameters are set in this session. */
    boolean wantsList() {
        return listed || !resets.isEmpty();
    }

    /** Parameters of an application's own, with two parts, are in no list. */
    boolean isUnlisted(String name) {
        return name.indexOf('.') >= 0 && !isReported(name);
    }

    boolean isReported(String name) {
        return server.loginParameters().has(name);
    }

    private String value(String name) {
        return asBytes ? SqlText.currentBytes(name) : SqlText.current(name);
    }

    private String sumOfKinds() {
        StringBuilder sum = new StringBuilder("0");
        for (int i = 0; i < SessionState.count(); i++) {
            SessionState kind = SessionState.of(i);
            if ((kinds & kind.bit()) != 0) {
                sum.append(" OPERATOR(pg_catalog.+) CASE WHEN ")
                        .append(test(kind))
                        .append(" THEN ")
                        .append(kind.bit())
                        .append(" ELSE 0 END");
            }
        }
        return sum.toString();
    }

    private String test(SessionState kind) {
        return switch (kind) {
            case ROLE ->
                "pg_catalog.current_setting('role') OPERATOR(pg_catalog.<>) 'none' OR SESSION_USER"
                        + " OPERATOR(pg_catalog.<>) "
                        + SqlText.literal(RawText.of(server.target().user())) + "::pg_catalog.name";
            case PREPARED_STATEMENT -> "EXISTS (SELECT FROM pg_catalog.pg_prepared_statements WHERE from_sql)";
            // all that is in the schema depends on it; without the schema its number is 0
            case TEMPORARY_OBJECT ->
                "EXISTS (SELECT FROM pg_catalog.pg_depend WHERE refclassid" + EQUALS
                        + "'pg_catalog.pg_namespace'::pg_catalog.regclass AND refobjid" + EQUALS
                        + "pg_catalog.pg_my_temp_schema())";
            case LISTEN -> "EXISTS (SELECT FROM pg_catalog.pg_listening_channels())";
            case CURSOR -> "EXISTS (SELECT FROM pg_catalog.pg_cursors WHERE is_holdable)";
            case ADVISORY_LOCK ->
                "EXISTS (SELECT FROM pg_catalog.pg_locks WHERE locktype" + EQUALS + "'advisory' AND pid" + EQUALS
                        + "pg_catalog.pg_backend_pid())";
            case REPLICATION_SLOT ->
                "EXISTS (SELECT FROM pg_catalog.pg_replication_slots WHERE temporary AND active_pid" + EQUALS
                        + "pg_catalog.pg_backend_pid())";
            case SETTING, LIBRARY, SEQUENCE, RANDOM_SEED, PROCESS -> "false";
        };
    }
}
