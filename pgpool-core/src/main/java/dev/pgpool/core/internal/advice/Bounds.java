package dev.pgpool.core.internal.advice;

import java.util.OptionalInt;

/**
 * What bounds a pool's size, whatever its clients need.
 *
 * @param size that the pool may have now; 0 for no limit
 * @param server connections that PostgreSQL lets this pool's user have, as far as it tells
 * @param shared the least of the limits that the pool shares with others: of the database, the user, the fleet
 */
public record Bounds(int size, OptionalInt server, OptionalInt shared) {}
