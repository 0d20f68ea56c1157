package dev.pgpool.core.internal.admin;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AdminCommandTest {
    private static AdminCommand command(String verb, String argument) {
        return new AdminCommand(verb, Optional.ofNullable(argument.isEmpty() ? null : argument), Optional.empty());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ";", "  ", " ; \n"})
    void nothing(String sql) {
        assertThat(AdminCommand.parse(sql)).isEqualTo(command("", ""));
    }

    @Test
    void wordsWithAndWithoutArgument() {
        assertThat(AdminCommand.parse("SHOW POOLS")).isEqualTo(command("SHOW", "POOLS"));
        assertThat(AdminCommand.parse(" show\n stats_totals ; ")).isEqualTo(command("SHOW", "stats_totals"));
        assertThat(AdminCommand.parse("select version;")).isEqualTo(command("SHOW", "version"));
        assertThat(AdminCommand.parse("PAUSE")).isEqualTo(command("PAUSE", ""));
        assertThat(AdminCommand.parse("pause \"My \"\"db\"\";x\";")).isEqualTo(command("PAUSE", "My \"db\";x"));
        assertThat(AdminCommand.parse("KILL app-1.x")).isEqualTo(command("KILL", "app-1.x"));
        assertThat(AdminCommand.parse("KILL_CLIENT 12")).isEqualTo(command("KILL_CLIENT", "12"));
    }

    @Test
    void settings() {
        AdminCommand expected = new AdminCommand("SET", Optional.of("query_timeout"), Optional.of("5"));
        assertThat(AdminCommand.parse("SET query_timeout = 5")).isEqualTo(expected);
        assertThat(AdminCommand.parse("set QUERY_TIMEOUT=5;")).isEqualTo(expected);
        assertThat(AdminCommand.parse("set query_timeout to '5'")).isEqualTo(expected);
        assertThat(AdminCommand.parse("SET server_reset_query = 'SELECT ''x''; y'"))
                .isEqualTo(new AdminCommand("SET", Optional.of("server_reset_query"), Optional.of("SELECT 'x'; y")));
        assertThat(AdminCommand.parse("SET server_reset_query = ''"))
                .isEqualTo(new AdminCommand("SET", Optional.of("server_reset_query"), Optional.of("")));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SHOW POOLS now",
                "PAUSE a; RESUME a",
                "PAUSE \"never ends",
                "1",
                "SHOW 'x'",
                "-- comment",
                "SET",
                "set;",
                " SET x ",
                "SET \"x\"",
                "SET x =",
                "SET x TO"
            })
    void anythingElseIsNoCommand(String sql) {
        assertThat(AdminCommand.parse(sql)).isNull();
    }
}
