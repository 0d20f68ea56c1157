package dev.pgpool.benchmarks.compare;

import java.sql.Connection;
import java.sql.SQLException;

/**
 * A way from this JVM to PostgreSQL.
 *
 * @param name in the table
 * @param mostOpen how many connections it can have open at once
 * @param held whether a thread keeps its connection; if not, it takes one for each transaction and gives it back, as
 *     one has to with a pool of connections
 * @param opener opens one, or takes one
 * @param end closes what it is made of
 */
record JdbcRoad(String name, int mostOpen, boolean held, Opener opener, Runnable end) implements AutoCloseable {
    /** Opens a connection. */
    interface Opener {
        Connection open() throws SQLException;
    }

    @Override
    public void close() {
        end.run();
    }
}
