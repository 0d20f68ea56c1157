package dev.pgpool.core.clients;

import dev.pgpool.core.fixture.Route;
import dev.pgpool.core.fixture.TestPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * A server and a pooler in front of it for test suites of others ({@code scripts/driver-suites.sh}): prints the port of
 * the one and of the other, and lives until its input ends.
 *
 * <p>Arguments: the major version of PostgreSQL, the user, the database, the most servers, and a file of SQL that the
 * superuser runs in the database beforehand, or nothing. The user becomes a superuser: suites create whatever they like.
 */
public final class StandaloneRoute {

    private StandaloneRoute() {}

    public static void main(String[] arguments) throws IOException {
        String user = arguments[1];
        String database = arguments[2];
        try (TestPostgres postgres = TestPostgres.fresh(Integer.parseInt(arguments[0]), Map.of("fsync", "off"))) {
            if (!user.equals(TestPostgres.SUPERUSER)) {
                postgres.executeIn(
                        TestPostgres.SUPERUSER, "CREATE ROLE " + user + " SUPERUSER LOGIN PASSWORD '" + user + "'");
            }
            if (!database.equals(TestPostgres.SUPERUSER)) {
                postgres.executeIn(TestPostgres.SUPERUSER, "CREATE DATABASE " + database);
            }
            if (arguments.length > 4) {
                postgres.executeIn(database, Files.readString(Path.of(arguments[4])));
            }
            try (Route.Way way = new Route(postgres, true).open(database, Integer.parseInt(arguments[3]), 2)) {
                System.out.println(postgres.port() + " " + way.port());
                while (System.in.read() >= 0) {
                    continue;
                }
            }
        }
    }
}
