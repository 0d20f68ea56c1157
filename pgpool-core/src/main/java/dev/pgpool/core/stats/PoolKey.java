package dev.pgpool.core.stats;

/**
 * The name of a pool. Ordered by database, then user; clients may choose both, and a table whose keys have an order stays
 * fast whatever they choose.
 *
 * @param database the database as clients name it
 * @param user the user of its server connections
 */
public record PoolKey(String database, String user) implements Comparable<PoolKey> {
    @Override
    public int compareTo(PoolKey other) {
        int byDatabase = database.compareTo(other.database);
        return byDatabase != 0 ? byDatabase : user.compareTo(other.user);
    }

    @Override
    public String toString() {
        return user + "@" + database;
    }
}
