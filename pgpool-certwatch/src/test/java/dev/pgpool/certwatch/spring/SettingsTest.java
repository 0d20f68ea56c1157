package dev.pgpool.certwatch.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pgpool.certwatch.CertWatch;
import dev.pgpool.certwatch.CertWatchBuilder;
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

/** Every setting of the builder is a property, reaches its method, and is described for editors. */
class SettingsTest {
    private static final String PREFIX = "pgpool.certwatch";

    static Stream<SettingTable.Property> all() {
        return Stream.concat(
                SettingTable.of(PREFIX, WatchProperties.ofWatch()).stream(),
                SettingTable.of(PREFIX, WatchProperties.ofHost()).stream());
    }

    static Stream<SettingTable.Property> ofBuilder() {
        // the beans of the application read these
        return all().filter(property -> !property.name().matches("pgpool.certwatch.(enabled|meters|health-down-from)"));
    }

    @ParameterizedTest
    @MethodSource("ofBuilder")
    void reachesItsMethod(SettingTable.Property property) {
        Map<String, Object> around =
                property.name().endsWith("trust.password") ? Map.of(PREFIX + ".trust.file", "a.p12") : Map.of();
        String before = outcome(around);
        List<String> after = new ArrayList<>();
        for (String sample : SettingTable.samples(property.type())) {
            Map<String, Object> given = new LinkedHashMap<>(around);
            given.put(property.name(), sample);
            after.add(outcome(given));
        }
        assertThat(after).anySatisfy(outcome -> assertThat(outcome).isNotEqualTo(before));
    }

    /** What the builder has heard, or why it refuses. */
    private static String outcome(Map<String, Object> given) {
        StandardEnvironment environment = new StandardEnvironment();
        environment.getPropertySources().addFirst(new MapPropertySource("test", given));
        CertWatchBuilder builder = CertWatch.builder();
        try {
            WatchProperties.read(environment).applyTo(builder);
            return FieldDump.of(builder);
        } catch (SettingException | InvalidConfigurationPropertyValueException e) {
            return e.getMessage();
        }
    }

    @Test
    void whatNoTextCanSayIsKnown() {
        assertThat(WatchProperties.ofWatch().unsayable())
                .containsExactly(
                        "clock(Clock)",
                        "listener(CertWatchListener)",
                        "mute(Mute)",
                        "onNotice(Consumer)",
                        "resolver(AddressResolver)",
                        "revocation(RevocationPolicy)",
                        "target(CertTarget)",
                        "targets(Collection)",
                        "thresholds(Thresholds)",
                        "trust(TrustSource)");
    }

    @Test
    void anUnknownNameIsRefused() {
        assertThatThrownBy(() -> outcome(Map.of(PREFIX + ".thresholds.warningg", "30d")))
                .isInstanceOf(BindException.class)
                .hasRootCauseMessage("The elements [pgpool.certwatch.thresholds.warningg] were left unbound.");
    }

    @Test
    void whatIsWrongTogetherIsTold() {
        assertThat(outcome(Map.of(PREFIX + ".thresholds.warning", "1d")))
                .isEqualTo("pgpool.certwatch.thresholds: warning: PT24H (expected: >= critical, PT168H)");
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
        Path sources = Path.of("src/main/java/dev/pgpool/certwatch/spring");
        Path core = Path.of("../pgpool-core/src/main/java/dev/pgpool/core/spring");
        assertThat(Files.readString(sources.resolve(file + ".java")))
                .isEqualTo(Files.readString(core.resolve(file + ".java"))
                        .replace("dev.pgpool.core.spring", "dev.pgpool.certwatch.spring"));
    }
}
