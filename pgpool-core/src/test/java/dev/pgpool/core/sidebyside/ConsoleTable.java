package dev.pgpool.core.sidebyside;

import dev.pgpool.core.fixture.WireClient;
import java.util.ArrayList;
import java.util.List;

/** The admin console: columns, figures, commands, errors. */
final class ConsoleTable {
    private ConsoleTable() {}

    private static final String READY = "ready I";
    private static final String RESUMES = "RESUME leaves databases paused that PAUSE or KILL named";
    private static final String EMPTY = "an empty query at the console is an error";

    private static final List<String> SHOWN = List.of(
            "VERSION",
            "CONFIG",
            "DATABASES",
            "POOLS",
            "SERVERS",
            "USERS",
            "LISTS",
            "TOTALS",
            "MEM",
            "DNS_HOSTS",
            "DNS_ZONES",
            "PEERS",
            "PEER_POOLS",
            "STATE",
            "ACTIVE_SOCKETS",
            "SOCKETS",
            "HELP");

    /** With a column of a later PgBouncer. */
    private static final List<String> LATER = List.of("STATS", "STATS_TOTALS", "STATS_AVERAGES");

    static List<Setup> setups() {
        return List.of(
                Setup.of("columns and types", List.of(), columns()),
                Setup.of("figures", List.of("stats_period = 1", "default_pool_size = 3"), figures()),
                Setup.of("commands", List.of("default_pool_size = 2"), commands()),
                Setup.of("errors of the console", List.of(), errors()),
                Setup.of(
                        "a user who may only look",
                        List.of(),
                        watcher("SHOW VERSION"),
                        watcher("PAUSE"),
                        watcher("RELOAD"),
                        watcher("SET verbose = 1"),
                        watcher("SHUTDOWN"),
                        watcher("KILL app"),
                        watcher("SHOW FDS")));
    }

    private static Case[] columns() {
        List<Case> cases = new ArrayList<>();
        for (String what : SHOWN) {
            cases.add(Case.of("SHOW " + what, seat -> {
                seat.run(seat.app(), "SELECT 1");
                seat.columns(seat.boss(), "SHOW " + what);
            }));
        }
        for (String what : LATER) {
            cases.add(Case.of("SHOW " + what, seat -> {
                seat.run(seat.app(), "SELECT 1");
                // the difference is one column, for whose total and average there is no room in a row of this table
                seat.columnsBut(seat.boss(), "SHOW " + what, "client_login_count");
            }));
        }
        return cases.toArray(Case[]::new);
    }

    private static Case[] figures() {
        return new Case[] {
            Case.of("SHOW DATABASES", seat -> {
                seat.run(seat.app(), "SELECT 1");
                seat.values(
                        seat.boss(),
                        "SHOW DATABASES",
                        "name",
                        "host",
                        "port",
                        "database",
                        "force_user",
                        "pool_size",
                        "min_pool_size",
                        "reserve_pool_size",
                        "pool_mode",
                        "max_connections",
                        "current_connections",
                        "paused",
                        "disabled");
            }),
            Case.of("SHOW POOLS", seat -> {
                WireClient client = seat.app();
                seat.run(client, "BEGIN");
                seat.app();
                WireClient boss = seat.boss();
                seat.values(
                        boss,
                        "SHOW POOLS",
                        "database",
                        "user",
                        "cl_active",
                        "cl_waiting",
                        "cl_active_cancel_req",
                        "cl_waiting_cancel_req",
                        "sv_active",
                        "sv_idle",
                        "sv_used",
                        "sv_tested",
                        "sv_login",
                        "maxwait",
                        "pool_mode");
                seat.run(client, "COMMIT");
            }),
            Case.of("SHOW CLIENTS and SERVERS", seat -> {
                WireClient client = seat.app("application_name", "me");
                seat.run(client, "BEGIN");
                WireClient boss = seat.boss();
                seat.values(
                        boss, "SHOW CLIENTS", "type", "user", "database", "replication", "wait", "application_name");
                seat.values(
                        boss, "SHOW SERVERS", "type", "user", "database", "state", "replication", "application_name");
                seat.run(client, "COMMIT");
            }),
            Case.of("what SHOW TOTALS counts", seat -> {
                WireClient client = seat.app();
                WireClient boss = seat.boss();
                List<String> before = totals(seat, boss);
                seat.run(client, "SELECT 1");
                seat.run(client, "BEGIN");
                seat.run(client, "SELECT 1; SELECT 2");
                seat.run(client, "ROLLBACK");
                client.parse("s", "SELECT 1").bind("s").execute().sync().exchange();
                client.bind("s").execute().bind("s").execute().sync().exchange();
                List<String> after = totals(seat, boss);
                for (int i = 0; i < after.size(); i++) {
                    seat.note(String.valueOf(Long.parseLong(after.get(i)) - Long.parseLong(before.get(i))));
                }
            }),
            Case.of("names of SHOW LISTS", seat -> seat.values(seat.boss(), "SHOW LISTS", "list")),
            Case.of(
                            "SHOW USERS",
                            seat -> seat.values(seat.boss(), "SHOW USERS", "name", "pool_mode", "max_user_connections"))
                    .differs(
                            "SHOW USERS lists all users of `auth_file`",
                            List.of(
                                    "app null 0",
                                    "boss null 0",
                                    "hashed null 0",
                                    "limited null 0",
                                    "no_role_of_this_name null 0",
                                    "pgbouncer null 0",
                                    "plain null 0",
                                    "postgres null 0",
                                    "verified null 0",
                                    "watcher null 0"),
                            List.of("app null 0", "boss null 0", "watcher null 0")),
        };
    }

    private static List<String> totals(Seat seat, WireClient boss) {
        return seat
                .rows(
                        boss,
                        "SHOW STATS_TOTALS",
                        "database",
                        "server_assignment_count",
                        "xact_count",
                        "query_count",
                        "client_parse_count",
                        "bind_count")
                .stream()
                .filter(row -> row.startsWith("app "))
                .flatMap(row -> List.of(row.substring(4).split(" ")).stream())
                .toList();
    }

    private static Case[] commands() {
        List<Case> cases = new ArrayList<>(List.of(
                boss("RESUME"),
                boss("PAUSE", "PAUSE", "SUSPEND", "PAUSE app", "RESUME"),
                boss("PAUSE app", "PAUSE app", "RESUME app", "RESUME app"),
                boss("PAUSE app", "RESUME")
                        .differs(
                                RESUMES,
                                List.of(
                                        "CommandComplete \"PAUSE\"",
                                        READY,
                                        "ERROR 08P01 pooler is not paused/suspended",
                                        READY),
                                List.of("CommandComplete \"PAUSE\"", READY, "CommandComplete \"RESUME\"", READY)),
                boss("KILL app", "RESUME")
                        .differs(
                                RESUMES,
                                List.of(
                                        "CommandComplete \"KILL\"",
                                        READY,
                                        "ERROR 08P01 pooler is not paused/suspended",
                                        READY),
                                List.of("CommandComplete \"KILL\"", READY, "CommandComplete \"RESUME\"", READY)),
                Case.of("SHOW STATE", seat -> {
                            WireClient boss = seat.boss();
                            // what the cases before have left paused at PgBouncer
                            boss.query("RESUME app").exchange();
                            boss.query("PAUSE").exchange();
                            seat.values(boss, "SHOW STATE", "key", "value");
                            boss.query("RESUME").exchange();
                        })
                        .differs(
                                "rows `draining` and\n`active_loops` of SHOW STATE",
                                List.of("active no", "paused yes", "suspended no"),
                                List.of(
                                        "active no",
                                        "paused yes",
                                        "suspended no",
                                        "draining no",
                                        "active_loops " + activeLoops())),
                boss("DISABLE app", "ENABLE app", "DISABLE nowhere", "ENABLE nowhere", "DISABLE", "ENABLE"),
                boss(
                        "DISABLE pgbouncer",
                        "ENABLE pgbouncer",
                        "PAUSE pgbouncer",
                        "KILL pgbouncer",
                        "RECONNECT pgbouncer"),
                boss("RECONNECT", "RECONNECT app", "RECONNECT nowhere"),
                boss("WAIT_CLOSE", "WAIT_CLOSE app", "WAIT_CLOSE nowhere", "WAIT_CLOSE pgbouncer"),
                boss("KILL app", "RESUME app", "KILL nowhere"),
                boss("KILL_CLIENT", "KILL_CLIENT x", "KILL_CLIENT 0", "KILL_CLIENT 123456789"),
                boss("PAUSE nowhere", "RESUME nowhere"),
                boss("RELOAD", "reload;", "RELOAD ;"),
                boss(
                        "SET query_timeout = 5",
                        "SET query_timeout = '6'",
                        "SET query_timeout TO 7",
                        "SET query_timeout=0"),
                boss("SET verbose = 0", "SET default_pool_size = 2"),
                boss("SHOW client_encoding", "SHOW datestyle", "SHOW timezone", "SHOW standard_conforming_strings"),
                boss("SHOW default_transaction_isolation", "SET client_encoding TO UTF8", "SET TimeZone = 'UTC'")));
        cases.add(Case.of("a disabled database", seat -> {
                    WireClient inside = seat.app();
                    WireClient boss = seat.boss();
                    seat.run(boss, "DISABLE app");
                    seat.login("app", "app", "");
                    seat.run(inside, "SELECT 1");
                    seat.run(boss, "ENABLE app");
                    seat.login("app", "app", "");
                })
                .state("55000"));
        cases.add(Case.of("KILL of a database with clients", seat -> {
                    WireClient idle = seat.app();
                    WireClient busy = seat.app();
                    seat.run(busy, "BEGIN");
                    WireClient boss = seat.boss();
                    seat.run(boss, "KILL app");
                    seat.answer(idle);
                    seat.answer(busy);
                    seat.run(boss, "RESUME app");
                })
                .state("57P01"));
        cases.add(Case.of("KILL_CLIENT", seat -> {
                    WireClient idle = seat.app("application_name", "victim");
                    WireClient boss = seat.boss();
                    String id = seat.rows(boss, "SHOW CLIENTS", "application_name", "id").stream()
                            .filter(row -> row.startsWith("victim "))
                            .map(row -> row.substring(7))
                            .findFirst()
                            .orElse("none");
                    seat.run(boss, "KILL_CLIENT " + id);
                    seat.answer(idle);
                })
                .state("57P01"));
        return cases.toArray(Case[]::new);
    }

    private static Case[] errors() {
        return new Case[] {
            boss("SELECT 1", "SELECT version()", "nonsense", "SHOW", "SHOW nonsense", "SHOW VERSION nonsense"),
            boss("SHOW transaction_isolation", "SHOW VERSION; SHOW VERSION", "-- comment", "/* c */ SHOW VERSION"),
            boss("SHOW VERSION;", "show version", "  SHOW   VERSION  ;  "),
            boss("PAUSE app nonsense", "PAUSE app, forced", "RELOAD x", "PAUSE \"nowhere\""),
            boss("SHUTDOWN x", "SHUTDOWN WAIT_FOR_NOTHING"),
            boss("BEGIN", "COMMIT", "PREPARE x AS SELECT 1"),
            boss("SET", "SET x", "SET nonsense = 1", "SET query_timeout = x", "SET application_name = 'x'"),
            boss("SET listen_port = 7")
                    .differs(
                            "what RELOAD can't change keeps its value",
                            List.of("CommandComplete \"SET listen_port=7\"", READY),
                            List.of(
                                    "ERROR 22023 SET failed: listen_port: \"7\" (expected: \"PORT\","
                                            + " since it can't change while the pooler runs)",
                                    READY)),
            boss("", ";")
                    .differs(
                            EMPTY,
                            List.of(
                                    "ERROR 08P01 invalid command '', use SHOW HELP;",
                                    READY,
                                    "ERROR 08P01 invalid command ';', use SHOW HELP;",
                                    READY),
                            List.of("EmptyQueryResponse", READY, "EmptyQueryResponse", READY)),
            boss("SET extra_float_digits = 3", "SHOW extra_float_digits", "SET QUERY_TIMEOUT = 0")
                    .differs(
                            EMPTY,
                            List.of(
                                    "ERROR 08P01 SET failed",
                                    READY,
                                    "ERROR 08P01 invalid command 'SHOW extra_float_digits', use SHOW HELP;",
                                    READY,
                                    "ERROR 08P01 SET failed",
                                    READY),
                            List.of(
                                    "NOTICE 00000 SET ignored",
                                    "CommandComplete \"SET\"",
                                    READY,
                                    "DataRow 1 1 '1'",
                                    "CommandComplete \"SHOW\"",
                                    READY,
                                    "CommandComplete \"SET query_timeout=0\"",
                                    READY)),
        };
    }

    private static Case boss(String... commands) {
        return Case.of(String.join(", ", commands), seat -> {
                    WireClient boss = seat.boss();
                    for (String command : commands) {
                        seat.run(boss, command);
                    }
                })
                .state("42601", "22023");
    }

    private static Case watcher(String command) {
        return Case.of(command, seat -> seat.run(seat.enter("watcher", "pgbouncer"), command))
                .state("42501");
    }

    /** All from the beginning, as the build wants it of poolers in tests; otherwise one, as long as it can carry the traffic. */
    private static int activeLoops() {
        return System.getProperty("pgpool.loops", "").equals("all")
                ? Runtime.getRuntime().availableProcessors()
                : 1;
    }
}
