package dev.pgpool.core.stats;

/**
 * The name of a pool.
 *
 * @param database the database as clients name it
 * @param user the user of its server connections
 */
public record PoolKey(String database, String user) {
    @Override
    public String toString() {
        return user + "@" + database;
    }
}
