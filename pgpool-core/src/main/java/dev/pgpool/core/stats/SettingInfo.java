package dev.pgpool.core.stats;

/**
 * A setting by the name that PgBouncer gives it.
 *
 * @param name of the setting
 * @param value now, as it would stand in {@code pgbouncer.ini}
 * @param initial what it is where nobody says anything
 * @param changeable whether a reload can change it
 */
public record SettingInfo(String name, String value, String initial, boolean changeable) {}
