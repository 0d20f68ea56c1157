package dev.pgpool.core.internal.params;

import dev.pgpool.core.internal.wire.RawText;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Writes values and names, which are {@link RawText} in the database's encoding, into SQL text. The SQL is ASCII, so that it
 * means the same whatever client_encoding is on that server.
 */
public final class SqlText {
    private SqlText() {}

    /** A string in escape syntax: it means the same whatever standard_conforming_strings is on that server. */
    public static String literal(String value) {
        StringBuilder sql = new StringBuilder(value.length() + 3).append("E'");
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c >= 128) {
                RawText.escape(sql, c);
            } else {
                if (c == '\\' || c == '\'') {
                    sql.append(c);
                }
                sql.append(c);
            }
        }
        return sql.append('\'').toString();
    }

    /** The call that sets a parameter until the end of the session, in the form in which the server tells its value. */
    static String setTo(String name, String told) {
        return set(name, ApplicationName.isNamed(name) ? ApplicationName.toSet(told) : told);
    }

    /**
     * The call that sets a parameter until the end of the session, as from a start-up packet. Its result is not told: the
     * client's encoding need not have its characters.
     */
    public static String set(String name, String value) {
        return "pg_catalog.set_config(" + literal(name) + ',' + literal(value) + ",false) IS NULL";
    }

    /** The statement that returns a parameter to the server's default. */
    static String reset(String name) {
        if (!RawText.isAscii(name)) {
            // no escapes in identifiers that mean bytes
            return "SELECT " + toDefault(name);
        }
        return "RESET " + parameter(name);
    }

    /** The call that returns a parameter to the server's default. */
    static String toDefault(String name) {
        return "pg_catalog.set_config(" + literal(name) + ",NULL,false)";
    }

    /** The call, made only if the server has the parameter. */
    static String ifListed(String name, String call) {
        return "(SELECT " + call + " FROM pg_catalog.pg_settings WHERE name OPERATOR(pg_catalog.=) " + literal(name)
                + ')';
    }

    /** The name of a parameter, each part of one like {@code a.b} quoted apart. */
    public static String parameter(String name) {
        return '"' + name.replace("\"", "\"\"").replace(".", "\".\"") + '"';
    }

    /** All parameters that were set in this session, of those that the server lists; see {@link #readListed}. */
    public static final String LISTED = "(SELECT pg_catalog.string_agg(name OPERATOR(pg_catalog.||) '='"
            + " OPERATOR(pg_catalog.||) pg_catalog.encode(pg_catalog.replace(pg_catalog.current_setting(name,true),"
            + "E'\\\\',E'\\\\\\\\')::pg_catalog.bytea,'hex'),',')"
            + " FROM pg_catalog.pg_settings WHERE source OPERATOR(pg_catalog.=) 'session')";

    /** Names and values that {@link #LISTED} has told. */
    public static Map<String, String> readListed(@Nullable String told) {
        Map<String, String> all = new TreeMap<>(AsciiOrder.INSTANCE);
        if (told != null) {
            for (String each : told.split(",")) {
                int equals = each.indexOf('=');
                all.put(each.substring(0, equals), RawText.unhex(each.substring(equals + 1)));
            }
        }
        return all;
    }

    /** The value of a parameter, in the client's encoding; null if there is no such parameter. */
    public static String current(String name) {
        return "pg_catalog.current_setting(" + literal(name) + ",true)";
    }

    /** The bytes of a parameter's value in the database's encoding, as hexadecimal digits; they need not be valid there. */
    public static String currentBytes(String name) {
        return "pg_catalog.encode(pg_catalog.replace(" + current(name)
                + ",E'\\\\',E'\\\\\\\\')::pg_catalog.bytea,'hex')";
    }
}
