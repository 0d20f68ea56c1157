package dev.pgpool.backup.internal.globals;

/** Parts of what belongs to a database but is not in it. */
public enum GlobalsPart {
    /** Its owner. */
    OWNER,
    /** Its grants. */
    PRIVILEGES,
    /** Its comment. */
    COMMENT,
    /** Its connection limit and settings, also those of roles in it. */
    PROPERTIES
}
