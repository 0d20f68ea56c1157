package dev.pgpool.core.spring;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.ServerSocket;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.FailureAnalyzer;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.core.env.Environment;
import org.springframework.core.io.support.SpringFactoriesLoader;
import org.springframework.core.io.support.SpringFactoriesLoader.ArgumentResolver;

/** What an application that can't start says about its pooler, by Boot's analyzers and ours. */
class FailureAnalysisTest {
    private final Map<String, String> properties = new LinkedHashMap<>(Map.of("pgpool.databases.app.host", "db1"));

    private FailureAnalysis analysis() {
        FailureAnalysis[] found = new FailureAnalysis[1];
        Environment[] environment = new Environment[1];
        new ApplicationContextRunner()
                .withInitializer(context -> environment[0] = context.getEnvironment())
                .withConfiguration(AutoConfigurations.of(PgPoolAutoConfiguration.class))
                .withPropertyValues(properties.entrySet().stream()
                        .map(property -> property.getKey() + "=" + property.getValue())
                        .toArray(String[]::new))
                .run(context -> {
                    Throwable failure = context.getStartupFailure();
                    assertThat(failure).isNotNull();
                    found[0] = analyzers(environment[0]).stream()
                            .map(analyzer -> analyzer.analyze(failure))
                            .filter(Objects::nonNull)
                            .findFirst()
                            .orElseThrow();
                });
        return found[0];
    }

    private static List<FailureAnalyzer> analyzers(Environment environment) {
        return SpringFactoriesLoader.forDefaultResourceLocation()
                .load(
                        FailureAnalyzer.class,
                        ArgumentResolver.of(Environment.class, environment),
                        // those that want a bean factory are about other things
                        (type, name, failure) -> {});
    }

    @Test
    void everyProblemOfTheSettingsIsToldWithWhereItMayComeFrom() {
        properties.put("pgpool.databases.app.max-connections", "-1");
        properties.put("pgpool.listen.port", "70000");

        assertThat(analysis().getDescription())
                .contains("databases.app.maxConnections: -1 (expected: ")
                .contains("listen.port: 70000 (expected: 0 to 65535)")
                .contains("pgpool.databases.app.max-connections from \"pgpool.databases.app.max-connections\"");
    }

    @Test
    void aSecretThatIsNoneIsNotShown() {
        properties.put("pgpool.credentials.app", "SCRAM-SHA-256$topsecret");

        assertThat(analysis().getDescription())
                .contains("pgpool.credentials.app")
                .doesNotContain("topsecret");
    }

    @Test
    void anUnknownNameIsTold() {
        properties.put("pgpool.databases.app.hots", "db2");

        assertThat(analysis().getDescription())
                .contains("pgpool.databases.app.hots")
                .contains("left unbound");
    }

    @Test
    void aNameIsToldAlsoWhereNoDatabaseIsLeft() {
        properties.clear();
        properties.put("pgpool.database.app.host", "db1");

        assertThat(analysis().getDescription())
                .contains("pgpool.database.app.host")
                .contains("left unbound");
    }

    @Test
    void theWordsThatThereAreAreTold() {
        properties.put("pgpool.pool-mode", "sesion");

        FailureAnalysis analysis = analysis();

        assertThat(analysis.getDescription()).contains("pgpool.pool-mode").contains("sesion");
        assertThat(analysis.getAction()).contains("SESSION").contains("TRANSACTION");
    }

    @Test
    void anAddressThatIsTakenIsTold() throws Exception {
        try (ServerSocket taken = new ServerSocket(0)) {
            properties.put("pgpool.listen.port", String.valueOf(taken.getLocalPort()));

            FailureAnalysis analysis = analysis();

            assertThat(analysis.getDescription()).contains(String.valueOf(taken.getLocalPort()));
            assertThat(analysis.getAction()).contains("pgpool.listen.port");
        }
    }

    @Test
    void databasesThatDoNotAnswerAreToldWithTheReason() throws Exception {
        try (ServerSocket closed = new ServerSocket(0)) {
            properties.put("pgpool.databases.app.host", "127.0.0.1");
            properties.put("pgpool.databases.app.port", String.valueOf(closed.getLocalPort()));
        }
        properties.put("pgpool.listen.port", "0");
        properties.put("pgpool.initialization-fail-timeout", "200ms");

        FailureAnalysis analysis = analysis();

        assertThat(analysis.getDescription())
                .contains("    app: could not connect to server at \"127.0.0.1\"")
                .contains("08001");
        assertThat(analysis.getAction()).contains("pgpool.initialization-fail-timeout");
    }
}
