package dev.pgpool.core.spring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.PgPool;
import dev.pgpool.core.PgPoolBuilder;
import dev.pgpool.core.config.ConfigException;
import dev.pgpool.core.config.SessionState;
import dev.pgpool.core.fixture.ConfigurationMetadata;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.StandardEnvironment;

/** Every setting of the builders is a property, reaches its method, and is described for editors. */
class SettingsTest {

    static List<SettingTable.Property> ofPooler() {
        return SettingTable.of("pgpool", PoolerProperties.ofPooler());
    }

    static Stream<SettingTable.Property> all() {
        return Stream.concat(ofPooler().stream(), SettingTable.of("pgpool", PoolerProperties.ofHost()).stream());
    }

    @ParameterizedTest
    @MethodSource("ofPooler")
    void reachesItsMethod(SettingTable.Property property) {
        String before = outcome(Map.of());
        List<String> after = new ArrayList<>();
        for (String sample : SettingTable.samples(property.type())) {
            for (String key : keys(property.name())) {
                Map<String, Object> given = new LinkedHashMap<>();
                given.put(property.name().replace("*", key), sample);
                property.together()
                        .forEach(other -> given.putIfAbsent(
                                other.name().replace("*", key),
                                SettingTable.samples(other.type()).get(0)));
                after.add(outcome(given));
            }
        }
        assertThat(after).anySatisfy(outcome -> assertThat(outcome).isNotEqualTo(before));
    }

    /** Keys that are no names, but numbers or constants. */
    private static List<String> keys(String property) {
        if (property.contains(".peers.")) {
            return List.of("2");
        }
        return property.contains("session-state.")
                ? Stream.of(SessionState.values())
                        .map(kind ->
                                kind.name().toLowerCase(java.util.Locale.ROOT).replace('_', '-'))
                        .toList()
                : List.of("app");
    }

    /** What the builder makes of properties: its configuration, or what is wrong with it. */
    private static String outcome(Map<String, Object> given) {
        StandardEnvironment environment = new StandardEnvironment();
        Map<String, Object> properties = new LinkedHashMap<>(given);
        properties.put("pgpool.databases.first.port", "5432");
        properties.put("pgpool.users.first.max-clients", "3");
        environment.getPropertySources().addFirst(new MapPropertySource("test", properties));
        PgPoolBuilder builder = PgPool.builder();
        PoolerProperties read = PoolerProperties.read(environment, (name, tls) -> tls.protocols(name));
        try {
            read.applyTo(builder);
            return builder.config().toString();
        } catch (ConfigException | InvalidConfigurationPropertyValueException e) {
            return e.getMessage();
        }
    }

    @Test
    void whatNoTextCanSayIsKnown() {
        assertThat(PoolerProperties.ofPooler().unsayable())
                .containsExactly(
                        "authenticator(Authenticator)", "credentials(CredentialStore)", "listener(PgPoolListener)");
        assertThat(PoolerProperties.ofPooler().inner("tls").unsayable())
                .containsExactly(
                        "context(SslContext)", "keyManager(KeyManagerFactory)", "trustManager(TrustManagerFactory)");
        assertThat(Stream.of("users", "databases", "auth-query", "ldap", "tcp")
                        .map(name -> PoolerProperties.ofPooler().inner(name).unsayable()))
                .allMatch(List::isEmpty);
        assertThat(PoolerProperties.ofHost().unsayable()).isEmpty();
    }

    /** With {@code -Dpgpool.metadata.write=true} the file is written. */
    @Test
    void editorsKnowThemAll() {
        ConfigurationMetadata metadata = new ConfigurationMetadata();
        all().forEach(property -> metadata.property(property.name(), property.type(), property.method()));
        metadata.property(
                "pgpool.databases",
                "java.util.Map<java.lang.String,java.lang.Object>",
                "Databases, each below the name that clients use.");
        metadata.property(
                "pgpool.users",
                "java.util.Map<java.lang.String,java.lang.Object>",
                "What is different for users, each below its name.");
        assertThat(metadata.file()).isEqualTo(metadata.json());
    }
}
