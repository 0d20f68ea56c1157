package dev.pgpool.core.internal.client;

import dev.pgpool.core.config.PgPoolConfig;
import dev.pgpool.core.internal.wire.ErrorFields;
import org.jspecify.annotations.Nullable;

/**
 * What a login is judged by: the configuration, and what the connection tells of the client. When the configuration
 * changes they are outdated. Confined to the client's event loop.
 */
final class LoginTerms {
    private final ClientSession session;
    private ClientServices services;
    private Peer peer;

    LoginTerms(ClientSession session) {
        this.session = session;
        this.services = session.services();
        this.peer = Peer.of(session.connection());
    }

    PgPoolConfig config() {
        return services.config();
    }

    /** What logins share. */
    LoginServices login() {
        return services.login();
    }

    /** The other end of the connection. */
    Peer peer() {
        return peer;
    }

    /** Whether the configuration has changed since. */
    @SuppressWarnings("ReferenceEquality") // a reload may bring the same settings with other files
    boolean areOutdated() {
        return services != session.services();
    }

    /**
     * The terms are those of the present configuration from now on.
     *
     * @return why they do not allow the connection as it is encrypted, or not; null if they do
     */
    @Nullable
    ErrorFields renew() {
        services = session.services();
        ErrorFields objection = session.connection().encryption().objection();
        if (objection == null) {
            peer = Peer.of(session.connection());
        }
        return objection;
    }
}
