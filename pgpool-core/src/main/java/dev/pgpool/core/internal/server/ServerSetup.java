package dev.pgpool.core.internal.server;

import dev.pgpool.core.config.TargetSessionAttributes;
import java.util.Optional;

/**
 * What a server must be, and what it must have run, before a client uses it.
 *
 * @param attributes which kind of server is wanted; {@code PREFER_STANDBY} stands for any here, since a client that asks for
 *     it asks twice
 * @param connectQuery SQL that it runs first
 */
public record ServerSetup(TargetSessionAttributes attributes, Optional<String> connectQuery) {
    /** Any server will do, as it is. */
    public static final ServerSetup NONE = new ServerSetup(TargetSessionAttributes.ANY, Optional.empty());
}
