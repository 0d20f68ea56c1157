package dev.pgpool.core.config;

/**
 * Whether SCRAM authentication is bound to the encrypted connection that it runs over (SCRAM-SHA-256-PLUS), so that
 * no one in between can pass it on; libpq's channel_binding.
 */
public enum ChannelBinding {
    /** Never. */
    DISABLE,
    /** Where both sides can. */
    PREFER,
    /** Or no login. */
    REQUIRE
}
