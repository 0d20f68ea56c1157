package dev.pgpool.core.sidebyside;

import java.util.ArrayList;
import java.util.List;

/**
 * An ini and what is tried with it.
 *
 * @param name what it is about
 * @param databases instead of those that all have, if there are any
 * @param settings of the section [pgbouncer], behind those that all have; a line that begins another section goes on with that
 * @param cases in this order, with the same poolers
 */
record Setup(String name, List<String> databases, List<String> settings, List<Case> cases) {
    static Setup of(String name, List<String> settings, Case... cases) {
        return new Setup(name, List.of(), settings, List.of(cases));
    }

    /** The same with other databases; {@code %server%} stands for where the server is. */
    Setup with(String... others) {
        return new Setup(name, List.of(others), settings, cases);
    }

    /** The text that both read. */
    List<String> ini(String server, String directory, int port) {
        List<String> lines = new ArrayList<>(List.of("[databases]"));
        lines.addAll(
                databases.isEmpty()
                        ? List.of(
                                "app = %server%",
                                "forced = dbname=app user=app %server%",
                                "absent = dbname=no_database_of_this_name %server%",
                                "nobody = dbname=app user=no_role_of_this_name %server%",
                                "down = dbname=app host=127.0.0.1 port=1")
                        : databases);
        lines.addAll(List.of(
                "[pgbouncer]",
                "listen_addr = 127.0.0.1",
                "listen_port = " + port,
                "unix_socket_dir =",
                "auth_type = trust",
                "auth_file = %dir%/users.txt",
                "admin_users = " + Seat.BOSS,
                "stats_users = watcher",
                "pool_mode = transaction"));
        lines.addAll(settings);
        return lines.stream()
                .map(line -> line.replace("%dir%", directory).replace("%server%", server))
                .toList();
    }

    @Override
    public String toString() {
        return name;
    }
}
