package dev.pgpool.core.internal.params;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class SessionParametersTest {

    private final ParameterRegistry registry = new ParameterRegistry();

    @Test
    void equalSettingsAreTheSameObjectWhateverTheirOrder() {
        SessionParameters one = registry.of(Map.of("TimeZone", "UTC", "application_name", "a"));

        assertThat(registry.of(Map.of("application_name", "a", "TimeZone", "UTC")))
                .isSameAs(one);
        assertThat(registry.with(one, "application_name", "a")).isSameAs(one);
        assertThat(registry.with(registry.with(one, "application_name", "b"), "application_name", "a"))
                .isSameAs(one);
        assertThat(registry.of(Map.of("application_name", "a"))).isNotSameAs(one);
    }

    @Test
    void namesAreFoundInAnyCase() {
        SessionParameters parameters = registry.of(Map.of("DateStyle", "ISO"));

        assertThat(parameters.get("datestyle")).isEqualTo("ISO");
        assertThat(parameters.get("nothing")).isNull();
    }

    @Test
    void changesSetWhatDiffersAndResetWhatIsNotWanted() {
        SessionParameters from = registry.of(Map.of("a", "1", "b", "2", "ext.c", "3"));

        assertThat(from.changesTo(registry.of(Map.of("a", "1", "b", "x"))))
                .isEqualTo("SELECT pg_catalog.set_config(E'b',E'x',false) IS NULL;RESET \"ext\".\"c\"");
        assertThat(from.changesTo(from)).isNull();
        assertThat(from.changesTo(registry.of(Map.of("a", "1", "b", "2")))).isEqualTo("RESET \"ext\".\"c\"");
    }

    @Test
    void parameterThatOldServersLackIsSetWhereItIs() {
        SessionParameters with = registry.of(Map.of("scram_iterations", "4096"));
        SessionParameters without = registry.of(Map.of("a", "1"));
        String where = " FROM pg_catalog.pg_settings WHERE name OPERATOR(pg_catalog.=) E'scram_iterations')";

        assertThat(registry.of(Map.of()).changesTo(with))
                .isEqualTo("SELECT (SELECT pg_catalog.set_config(E'scram_iterations',E'4096',false) IS NULL" + where);
        assertThat(with.changesTo(without))
                .isEqualTo("SELECT pg_catalog.set_config(E'a',E'1',false) IS NULL;"
                        + "SELECT (SELECT pg_catalog.set_config(E'scram_iterations',NULL,false)" + where);
    }

    @Test
    void valuesCannotLeaveTheirLiterals() {
        SessionParameters wanted = registry.of(Map.of("application_name", "x'; DROP TABLE t; -- \\' \\"));

        assertThat(registry.of(Map.of()).changesTo(wanted))
                .isEqualTo("SELECT pg_catalog.set_config(E'application_name',"
                        + "E'x''; DROP TABLE t; -- \\\\'' \\\\',false) IS NULL");
    }

    @Test
    void namesCannotLeaveTheirQuotes() {
        assertThat(registry.of(Map.of("x\"; DROP TABLE t; --", "1")).changesTo(registry.of(Map.of())))
                .isEqualTo("RESET \"x\"\"; DROP TABLE t; --\"");
    }

    @Test
    void whatOnlyTheServerKnowsIsNotASetting() {
        assertThat(SessionParameters.isSettable("server_version")).isFalse();
        assertThat(SessionParameters.isSettable("TimeZone")).isTrue();
    }
}
