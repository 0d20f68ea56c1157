package dev.pgpool.core.leaks;

import dev.pgpool.core.fixture.TestPostgres;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.stream.IntStream;

/**
 * Tables whose column changes its type while all clients have the same texts prepared for them. What a statement stores depends
 * on the type that its parameter had when its own client prepared it, and on the type that the column has now.
 *
 * <p>Clients take the lock of a table only if it is free: who waits for it may have a server that others wait for.
 */
final class Stamps {
    /** What is stored; the first kind of parameter ignores the offset. */
    static final String VALUE = "2020-01-01 00:00:00+05";

    private static final LocalDateTime LOCAL = LocalDateTime.of(2020, 1, 1, 0, 0);
    private static final Instant INSTANT = Instant.parse("2019-12-31T19:00:00Z");
    private static final int TABLES = 4;

    /** One table. */
    static final class Table {
        final String name;
        final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
        private volatile boolean zoned;

        Table(String name) {
            this.name = name;
        }

        /** The same for all clients. */
        String insert() {
            return "INSERT INTO leak_a." + name + " VALUES ($1) RETURNING extract(epoch FROM at)::bigint::text";
        }

        boolean isZoned() {
            return zoned;
        }

        /** The statement that changes the type. */
        String change() {
            return "TRUNCATE leak_a." + name + "; ALTER TABLE leak_a." + name + " ALTER at TYPE "
                    + (zoned ? "timestamp" : "timestamptz");
        }

        void changed() {
            zoned = !zoned;
        }

        /** What is read back of a value whose parameter was zoned or not, in a session of that zone. */
        String stored(boolean parameterZoned, String zone) {
            ZoneId id = ZoneId.of(zone);
            long seconds;
            if (parameterZoned) {
                seconds = zoned
                        ? INSTANT.getEpochSecond()
                        : LocalDateTime.ofInstant(INSTANT, id).toEpochSecond(ZoneOffset.UTC);
            } else {
                seconds = zoned ? LOCAL.atZone(id).toEpochSecond() : LOCAL.toEpochSecond(ZoneOffset.UTC);
            }
            return String.valueOf(seconds);
        }
    }

    private final List<Table> tables =
            IntStream.range(0, TABLES).mapToObj(i -> new Table("stamps_" + i)).toList();

    Stamps(TestPostgres postgres, String database) {
        for (Table table : tables) {
            postgres.executeIn(
                    database,
                    "CREATE TABLE leak_a." + table.name + " (at timestamp)",
                    "ALTER TABLE leak_a." + table.name + " OWNER TO " + TestPostgres.USER,
                    "GRANT INSERT, SELECT ON leak_a." + table.name + " TO PUBLIC");
        }
    }

    List<Table> tables() {
        return tables;
    }
}
