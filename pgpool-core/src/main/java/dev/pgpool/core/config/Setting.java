package dev.pgpool.core.config;

/**
 * One setting as the console's {@code SHOW CONFIG} has it.
 *
 * @param key its name
 * @param value what it is
 * @param defaultValue what it is where nothing is said
 * @param changeable whether a running pooler can take another value
 */
public record Setting(String key, String value, String defaultValue, boolean changeable) {}
