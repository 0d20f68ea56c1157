package dev.pgpool.core.internal.secrets;

/** Users are looked up in a database that an operator has disabled. */
public final class DisabledAuthDatabase extends IllegalStateException {
    private static final long serialVersionUID = 1L;

    private final String database;

    DisabledAuthDatabase(String database) {
        super("authentication database \"" + database + "\" is disabled");
        this.database = database;
    }

    /** The database, by the name that clients use. */
    public String database() {
        return database;
    }
}
