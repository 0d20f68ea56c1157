package dev.pgpool.core;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What {@link PgPool#start()} throws when databases do not answer as {@link PgPoolBuilder#initializationFailTimeout} wants it. The
 * message names each of them with the reason, in the server's own words where it has said some.
 */
public final class PoolInitializationException extends PgPoolException {
    private static final long serialVersionUID = 1L;

    private final LinkedHashMap<String, String> databases;

    PoolInitializationException(String message, Map<String, String> databases, Throwable cause) {
        super(message, cause);
        this.databases = new LinkedHashMap<>(databases);
    }

    /** What a start fails with: of this class, if databases do not answer. */
    static PgPoolException of(Exception failure, Map<String, String> databases) {
        String message = String.valueOf(failure.getMessage());
        return databases.isEmpty()
                ? new PgPoolException(message, failure)
                : new PoolInitializationException(message, databases, failure);
    }

    /** The databases that do not answer, by the names that clients use, and why. Those that do are not among them. */
    public Map<String, String> databases() {
        return Collections.unmodifiableMap(databases);
    }
}
