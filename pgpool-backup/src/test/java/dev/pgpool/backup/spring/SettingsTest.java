package dev.pgpool.backup.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pgpool.backup.BackupEngine;
import dev.pgpool.backup.BackupEngineBuilder;
import dev.pgpool.core.fixture.ConfigurationMetadata;
import dev.pgpool.core.fixture.FieldDump;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.StandardEnvironment;

/** Every setting of the builders is a property, reaches its method, and is described for editors. */
class SettingsTest {
    private static final String PREFIX = "pgpool.backup";

    static Stream<SettingTable.Property> all() {
        return Stream.concat(
                SettingTable.of(PREFIX, EngineProperties.ofEngine()).stream(),
                SettingTable.of(PREFIX, EngineProperties.ofHost()).stream());
    }

    static Stream<SettingTable.Property> ofBuilders() {
        // conditions read these
        return all().filter(property -> !property.name().matches("pgpool.backup.(enabled|meters)"));
    }

    @ParameterizedTest
    @MethodSource("ofBuilders")
    void reachesItsMethod(SettingTable.Property property) {
        Map<String, Object> around = around(property.name());
        String before = outcome(around);
        List<String> after = new ArrayList<>();
        for (String sample : SettingTable.samples(property.type())) {
            Map<String, Object> given = new LinkedHashMap<>(around);
            given.put(named(property.name()), property.name().endsWith(".directory") ? "target/" + sample : sample);
            property.together()
                    .forEach(other -> given.putIfAbsent(
                            named(other.name()),
                            SettingTable.samples(other.type()).get(0)));
            after.add(outcome(given));
        }
        assertThat(after).anySatisfy(outcome -> assertThat(outcome).isNotEqualTo(before));
    }

    private static String named(String property) {
        return property.replace("*", "one");
    }

    /** What others say that the property is of use with. */
    private static Map<String, Object> around(String property) {
        if (!property.contains(".s3.") && !property.contains("encrypted-by")) {
            return Map.of();
        }
        String store = property.startsWith(PREFIX + ".copy-to") ? PREFIX + ".copy-to.one" : PREFIX + ".store";
        Map<String, Object> around = new LinkedHashMap<>(
                Map.of(store + ".s3.endpoint", "http://127.0.0.1:1", store + ".s3.bucket", "bucket"));
        if (!property.contains(".credentials")) {
            around.put(store + ".s3.credentials.access-key", "a");
            around.put(store + ".s3.credentials.secret-key", "b");
        }
        return around;
    }

    /** What the builder has heard, or why it refuses. */
    private static String outcome(Map<String, Object> given) {
        StandardEnvironment environment = new StandardEnvironment();
        environment.getPropertySources().addFirst(new MapPropertySource("test", given));
        BackupEngineBuilder builder = BackupEngine.builder();
        EngineProperties read = EngineProperties.read(environment);
        try {
            read.applyTo(builder);
            return FieldDump.of(builder);
        } catch (SettingException | InvalidConfigurationPropertyValueException e) {
            return e.getMessage();
        }
    }

    @Test
    void whatNoTextCanSayIsKnown() {
        assertThat(EngineProperties.ofEngine().unsayable())
                .containsExactly(
                        "check(SqlCheck)",
                        "clock(Clock)",
                        "compression(Compression)",
                        "copyTo(ObjectStore)",
                        "encryption(BackupKeys)",
                        "filter(DumpFilter)",
                        "forDatabases(String, DatabaseSettings)",
                        "hook(RunHook)",
                        "listener(BackupListener)",
                        "retention(RetentionPolicy)",
                        "scheduleFrom(Supplier)",
                        "source(PgServer)",
                        "store(ObjectStore)",
                        "verifyOn(PgServer)",
                        "verifyOptions(RestoreOptions)");
        assertThat(EngineProperties.ofHost().inner("store").inner("s3").unsayable())
                .containsExactly("credentials(Supplier)", "limits(StoreLimits)", "serverSideEncryption(S3Encryption)");
        assertThat(EngineProperties.ofHost().inner("source").unsayable()).isEmpty();
    }

    @Test
    void anUnknownNameIsRefused() {
        assertThatThrownBy(() -> outcome(Map.of(PREFIX + ".retention.max-agee", "30d")))
                .isInstanceOf(BindException.class)
                .hasRootCauseMessage("The elements [pgpool.backup.retention.max-agee] were left unbound.");
    }

    @Test
    void whatIsWrongIsToldWithoutSecrets() {
        assertThat(outcome(Map.of(PREFIX + ".encryption.keys.k1", "topsecret")))
                .startsWith("pgpool.backup.encryption: key \"k1\": 9 characters")
                .doesNotContain("topsecret");
        assertThat(outcome(Map.of(PREFIX + ".store.s3.bucket", "b")))
                .startsWith("pgpool.backup.store: S3 store: endpoint")
                .contains("credentials: missing");
    }

    /** With {@code -Dpgpool.metadata.write=true} the file is written. */
    @Test
    void editorsKnowThemAll() {
        ConfigurationMetadata metadata = new ConfigurationMetadata();
        all().forEach(property -> metadata.property(property.name(), property.type(), property.method()));
        assertThat(metadata.file()).isEqualTo(metadata.json());
    }

    /** The libraries don't depend on each other, so each has its own; only the package differs. */
    @ParameterizedTest
    @ValueSource(strings = {"Call", "Setting", "Settings", "Names", "PropertyReader", "SettingException"})
    void propertiesAreReadAsInTheOtherLibraries(String file) throws IOException {
        Path sources = Path.of("src/main/java/dev/pgpool/backup/spring");
        Path core = Path.of("../pgpool-core/src/main/java/dev/pgpool/core/spring");
        assertThat(Files.readString(sources.resolve(file + ".java")))
                .isEqualTo(Files.readString(core.resolve(file + ".java"))
                        .replace("dev.pgpool.core.spring", "dev.pgpool.backup.spring"));
    }
}
