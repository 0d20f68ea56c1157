package dev.pgpool.core.sidebyside;

import dev.pgpool.core.fixture.Frontend;
import dev.pgpool.core.fixture.WireClient;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** What a client may say first. */
final class StartupTable {
    private StartupTable() {}

    private static final String SETTINGS = "start-up parameters it does not know are fatal, or dropped";

    private static final String SPELLING = "start-up parameters are reported as the client spelled them";
    private static final List<String> LET_IN =
            List.of("DataRow 2 3 'app' 3 'app'", "CommandComplete \"SELECT 1\"", "ready I");

    static List<Setup> setups() {
        return List.of(
                Setup.of(
                        "start-up options",
                        List.of("ignore_startup_parameters = extra_float_digits, options, work_mem"),
                        shows("none", "application_name"),
                        shows("application_name", "application_name", "application_name", "it's me"),
                        shows("client_encoding", "client_encoding", "client_encoding", "UTF8"),
                        spelled("client_encoding", "client_encoding", "latin1", "LATIN1", "6 'LATIN1'"),
                        spelled("client_encoding", "client_encoding", "'UTF8'", "UTF8", "4 'UTF8'"),
                        spelled("DateStyle", "DateStyle", "German", "German, DMY", "11 'German, DMY'"),
                        spelled("DateStyle", "datestyle", "sql,dmy", "SQL, DMY", "8 'SQL, DMY'"),
                        shows("TimeZone", "TimeZone", "TimeZone", "Asia/Tokyo"),
                        shows("timezone in capitals", "TimeZone", "TIMEZONE", "UTC"),
                        shows(
                                "standard_conforming_strings",
                                "standard_conforming_strings",
                                "standard_conforming_strings",
                                "off"),
                        shows("IntervalStyle", "IntervalStyle", "IntervalStyle", "iso_8601"),
                        shows("an empty application_name", "application_name", "application_name", ""),
                        Case.of("replication=false", seat -> seat.login("app", "app", "", "replication", "false")),
                        Case.of("replication=0", seat -> seat.login("app", "app", "", "replication", "0")),
                        Case.of(
                                        "replication nonsense",
                                        seat -> seat.login("app", "app", "", "replication", "sometimes"))
                                .differs(
                                        SPELLING,
                                        LET_IN,
                                        List.of(
                                                "FATAL 22023 invalid value for parameter \"replication\": \"sometimes\"",
                                                "closed: true")),
                        shows("extra_float_digits that is ignored", "extra_float_digits", "extra_float_digits", "2"),
                        shows("nonsense that is ignored", "work_mem", "work_mem", "nonsense"),
                        shows(
                                "one of options that is tracked",
                                "IntervalStyle",
                                "options",
                                "-c IntervalStyle=iso_8601"),
                        shows("options that are ignored", "enable_seqscan", "options", "-c enable_seqscan=off"),
                        spelled("DateStyle", "options", "-c datestyle=postgres", "Postgres, MDY", "13 'Postgres, MDY'"),
                        shows("options with two", "TimeZone", "options", "-c datestyle=postgres --TimeZone=Asia/Tokyo"),
                        Case.of("a bad DateStyle", seat -> seat.login("app", "app", "", "DateStyle", "nonsense"))
                                .differs(
                                        SPELLING,
                                        List.of("FATAL 08P01 invalid server parameter", "closed"),
                                        List.of(
                                                "FATAL 22023 invalid value for parameter \"DateStyle\": \"nonsense\""
                                                        + " / Unrecognized key word: \"nonsense\".",
                                                "closed: true")),
                        Case.of("no database", seat -> {
                            WireClient client = seat.connect()
                                    .sendRaw(Frontend.startup(Frontend.PROTOCOL_3_0, "user", "app"))
                                    .awaitLogin("");
                            seat.run(client, "SELECT current_database()");
                        })),
                Setup.of(
                        "start-up packets",
                        List.of(),
                        first("no user", Frontend.startup(Frontend.PROTOCOL_3_0, "database", "app"))
                                .state("28000"),
                        first("an SSL request without TLS", Frontend.sslRequest()),
                        first("a GSS request", Frontend.gssEncRequest()),
                        first(
                                        "an unknown database",
                                        Frontend.startup(Frontend.PROTOCOL_3_0, "user", "app", "database", "nowhere"))
                                .state("3D000"),
                        Case.of("an unknown parameter", seat -> seat.login("app", "app", "", "no_such_setting", "1"))
                                .differs(
                                        SETTINGS,
                                        List.of(
                                                "FATAL 08P01 unsupported startup parameter: no_such_setting",
                                                "closed: true"),
                                        List.of(
                                                "FATAL 42704 unrecognized configuration parameter \"no_such_setting\"",
                                                "closed: true")),
                        Case.of("one that PostgreSQL knows", seat -> seat.login("app", "app", "", "work_mem", "1MB"))
                                .differs(
                                        SETTINGS,
                                        List.of("FATAL 08P01 unsupported startup parameter: work_mem", "closed: true"),
                                        LET_IN),
                        Case.of(
                                        "options with an unknown one",
                                        seat -> seat.login("app", "app", "", "options", "-c work_mem=1MB"))
                                .differs(
                                        SETTINGS,
                                        List.of(
                                                "FATAL 08P01 unsupported startup parameter in options: work_mem",
                                                "closed: true"),
                                        LET_IN),
                        Case.of("options of another kind", seat -> seat.login("app", "app", "", "options", "-B 100"))
                                .state("42601"),
                        first("protocol 2", Frontend.startup(2 << 16, "user", "app", "database", "app"))
                                .differs(
                                        SPELLING,
                                        List.of("FATAL 08P01 old V2 protocol not supported", "closed"),
                                        List.of(
                                                "FATAL 0A000 unsupported frontend protocol 2.0: server supports 3.0 to 3.2",
                                                "closed")),
                        Case.of("a password before the start", seat -> {
                            WireClient client =
                                    seat.connect().sendRaw("p\0\0\0\5\0".getBytes(StandardCharsets.ISO_8859_1));
                            seat.note("closed: " + (client.readUntilClosed().size() < 2));
                        })));
    }

    /** Logs in with parameters, and asks for the value of one. */
    private static Case shows(String what, String setting, String... parameters) {
        return Case.of(what, seat -> {
            WireClient client = seat.app(parameters);
            seat.note(String.valueOf(client.parameter(setting)));
            seat.run(client, "SHOW " + setting);
        });
    }

    /** The same with a value that PostgreSQL spells otherwise. */
    private static Case spelled(String setting, String parameter, String value, String reported, String shown) {
        List<String> answer = List.of("DataRow 1 " + shown, "CommandComplete \"SHOW\"", "ready I");
        return shows(parameter + "=" + value, setting, parameter, value)
                .differs(SPELLING, and(value.replace("-c datestyle=", ""), answer), and(reported, answer));
    }

    private static List<String> and(String first, List<String> more) {
        List<String> all = new ArrayList<>(List.of(first));
        all.addAll(more);
        return all;
    }

    /** Sends bytes, and notes the answer. */
    private static Case first(String what, byte[] bytes) {
        return Case.of(what, seat -> {
            WireClient client = seat.connect().sendRaw(bytes);
            if (what.contains("request")) {
                seat.note("answer " + client.readByte());
            } else {
                seat.answer(client);
            }
        });
    }
}
