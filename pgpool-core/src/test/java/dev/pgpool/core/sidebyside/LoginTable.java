package dev.pgpool.core.sidebyside;

import java.util.ArrayList;
import java.util.List;

/** Who is let in, by which method, and what the others are told. */
final class LoginTable {
    private LoginTable() {}

    static List<Setup> setups(World world) {
        String role = world.role();
        String[] lookUp = {"auth_user = postgres", "auth_dbname = app"};
        return List.of(
                method("plain", "auth_type = plain", "plain", "verified", "hashed"),
                method("md5", "auth_type = md5", "plain", "hashed"),
                method("scram-sha-256", "auth_type = scram-sha-256", "plain", "verified"),
                Setup.of(
                        "trust",
                        List.of("auth_type = trust"),
                        login("who is known", "app", "app", ""),
                        login("whoever is known gets the forced user", "plain", "forced", ""),
                        login("who is not known", "stranger", "forced", "").state("28000"),
                        login("no such database", "app", "nowhere", "").state("3D000"),
                        login("a database that the server hasn't", "app", "absent", ""),
                        login("a forced role that the server hasn't", "app", "nobody", ""),
                        login("the console as another", "app", "pgbouncer", "").state("42501"),
                        login("the console as another user than any", "stranger", "pgbouncer", "")
                                .state("28000")),
                Setup.of(
                                "any",
                                List.of("auth_type = any"),
                                login("a user", "app", "app", ""),
                                login("another", "stranger", "app", ""),
                                login("the console", "stranger", "pgbouncer", "")
                                        .state("42601"))
                        .with("app = user=app %server%"),
                Setup.of(
                        "hba",
                        List.of("auth_type = hba", "auth_hba_file = %dir%/hba"),
                        login("md5", "plain", "forced", World.SECRET),
                        login("md5, wrong", "plain", "forced", "no").state("28P01"),
                        login("scram-sha-256", "verified", "forced", World.SECRET),
                        login("password", "hashed", "forced", World.SECRET),
                        login("reject", "app", "forced", "").state("28000"),
                        login("no line for the user", "watcher", "forced", "").state("28000"),
                        login("trust", "boss", "forced", ""),
                        login("no line for the database", "boss", "app", "").state("28000")),
                Setup.of(
                        "auth_query",
                        with("auth_type = scram-sha-256", lookUp),
                        login("right", role, "forced", World.SECRET),
                        login("wrong", role, "forced", "no").state("28P01"),
                        login("not known to the server", "stranger", "forced", World.SECRET)
                                .differs(
                                        "a client hears \"no such user\" if the auth query finds none",
                                        List.of("FATAL 08P01 no such user", "closed: true"),
                                        List.of(
                                                "FATAL 28P01 password authentication failed for user \"stranger\""
                                                        + " / SASL authentication failed",
                                                "closed: true")),
                        login("by the file", "plain", "forced", World.SECRET),
                        login("passed on to the server", role, "app", World.SECRET)),
                Setup.of(
                        "auth_query of the wrong shape",
                        with(
                                "auth_query = SELECT 1 WHERE $1 <> ''",
                                with("auth_type = scram-sha-256", lookUp).toArray(String[]::new)),
                        login("anyone", role, "forced", World.SECRET).state("58000")),
                Setup.of(
                        "auth_query that fails",
                        with(
                                "auth_query = SELECT * FROM no_table_of_this_name WHERE u = $1",
                                with("auth_type = md5", lookUp).toArray(String[]::new)),
                        login("anyone", role, "forced", World.SECRET).state("58000"),
                        login("by the file", "plain", "forced", World.SECRET)),
                Setup.of(
                        "auth_query with trust",
                        with("auth_type = trust", lookUp),
                        login("known to the server", role, "forced", ""),
                        login("not known", "stranger", "forced", "").state("28000")));
    }

    private static Setup method(String name, String type, String... users) {
        List<Case> cases = new ArrayList<>();
        for (String user : users) {
            cases.add(login("right: " + user, user, "forced", World.SECRET));
            cases.add(login("wrong: " + user, user, "forced", "no").state("28P01"));
            cases.add(login("none: " + user, user, "forced", "").state("28P01"));
        }
        cases.add(login("no such user", "stranger", "forced", World.SECRET).state("28P01"));
        cases.add(login("no such database", users[0], "nowhere", World.SECRET).state("3D000"));
        cases.add(login("neither", "stranger", "nowhere", World.SECRET).state("28P01"));
        return Setup.of(name, List.of(type), cases.toArray(Case[]::new));
    }

    private static List<String> with(String line, String... more) {
        List<String> lines = new ArrayList<>(List.of(line));
        lines.addAll(List.of(more));
        return lines;
    }

    private static Case login(String what, String user, String database, String password) {
        return Case.of(what, seat -> seat.login(user, database, password));
    }
}
