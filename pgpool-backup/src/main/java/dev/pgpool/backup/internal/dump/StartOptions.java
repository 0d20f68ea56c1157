package dev.pgpool.backup.internal.dump;

import java.util.ArrayList;
import java.util.List;

/**
 * Start-up options of each session that the engine or a client program of it opens. A session has them before its first
 * statement, and they win over {@code ALTER DATABASE ... SET} and {@code ALTER ROLE ... SET}: what the owner of a database or a
 * role has set there can neither end the session, nor change its role, nor change what its statements mean.
 */
public final class StartOptions {

    /** Of a server whose version is not known yet: options that every supported version knows. */
    public static final int ANY_VERSION = 0;

    private static final int IDLE_SESSION_TIMEOUT_SINCE = 140_000;
    private static final int TRANSACTION_TIMEOUT_SINCE = 170_000;

    private static final List<String> ALWAYS = List.of(
            // Sessions would be cut off, some before their first statement.
            "statement_timeout=0",
            "lock_timeout=0",
            "idle_in_transaction_session_timeout=0",
            "tcp_user_timeout=0",
            "exit_on_error=off",
            // Sessions would not start, or as another role.
            "local_preload_libraries=",
            "role=none",
            // Statements would be refused, wait, or mean something else.
            "default_transaction_read_only=off",
            "default_transaction_isolation=read\\ committed",
            "default_transaction_deferrable=off",
            "standard_conforming_strings=on",
            "quote_all_identifiers=off",
            "array_nulls=on",
            "transform_null_equals=off",
            "client_min_messages=notice");

    private StartOptions() {}

    /**
     * Options of a session whose search path means PostgreSQL's own objects only.
     *
     * @param version {@code server_version_num}, or {@link #ANY_VERSION}
     */
    public static String of(int version) {
        return "-c search_path=pg_catalog,pg_temp " + withoutPath(version);
    }

    /**
     * The same without a search path, for pg_dump: it pins its path itself, and gives it up where it has to know what a pattern
     * without a schema means.
     *
     * @param version {@code server_version_num}, or {@link #ANY_VERSION}
     */
    static String withoutPath(int version) {
        List<String> options = new ArrayList<>(ALWAYS);
        if (version >= IDLE_SESSION_TIMEOUT_SINCE) {
            options.add("idle_session_timeout=0");
        }
        if (version >= TRANSACTION_TIMEOUT_SINCE) {
            options.add("transaction_timeout=0");
        }
        return "-c " + String.join(" -c ", options);
    }
}
