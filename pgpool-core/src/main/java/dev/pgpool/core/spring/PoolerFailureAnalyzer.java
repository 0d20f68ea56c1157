package dev.pgpool.core.spring;

import dev.pgpool.core.PgPoolException;
import dev.pgpool.core.PoolInitializationException;
import dev.pgpool.core.config.ConfigException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.core.env.Environment;

/** Says why there is no pooler: every problem of its settings, and the properties that they may come from. Shows no values. */
final class PoolerFailureAnalyzer extends AbstractFailureAnalyzer<RuntimeException> {
    private final Environment environment;

    PoolerFailureAnalyzer(Environment environment) {
        this.environment = environment;
    }

    @Override
    protected @Nullable FailureAnalysis analyze(Throwable rootFailure, RuntimeException any) {
        ConfigException config = findCause(rootFailure, ConfigException.class);
        if (config != null) {
            return ofProblems(config);
        }
        SettingException setting = findCause(rootFailure, SettingException.class);
        if (setting != null) {
            return new FailureAnalysis(
                    "The pooler can't be made of the properties " + PoolerProperties.PREFIX + ".*:\n\n    "
                            + setting.getMessage(),
                    "Correct the property " + setting.property() + ".",
                    setting);
        }
        PoolInitializationException databases = findCause(rootFailure, PoolInitializationException.class);
        if (databases != null) {
            return new FailureAnalysis(
                    databases.databases().entrySet().stream()
                            .map(problem -> "    " + problem.getKey() + ": " + problem.getValue())
                            .collect(Collectors.joining("\n", "Databases of the pooler do not answer:\n\n", "")),
                    "Mend them, or let the pooler start without them by a negative pgpool.initialization-fail-timeout.",
                    databases);
        }
        PgPoolException start = findCause(rootFailure, PgPoolException.class);
        if (start != null) {
            return new FailureAnalysis(
                    "The pooler can't be started: " + start.getMessage(),
                    "Choose another address by pgpool.listen.host and pgpool.listen.port; port 0 takes a free one.",
                    start);
        }
        return null;
    }

    private FailureAnalysis ofProblems(ConfigException config) {
        String problems = config.problems().stream()
                .map(problem -> "    " + problem)
                .collect(Collectors.joining("\n", "The pooler can't be made of its settings:\n\n", ""));
        Set<String> last = config.problems().stream()
                .map(PoolerFailureAnalyzer::lastOfPath)
                .collect(Collectors.toSet());
        List<ConfigurationProperty> suspects = new Names(environment).endingWith(PoolerProperties.PREFIX, last);
        String from = suspects.stream()
                .map(property -> "    " + property.getName() + " from " + property.getOrigin())
                .collect(Collectors.joining("\n"));
        return new FailureAnalysis(
                from.isEmpty() ? problems : problems + "\n\nProperties of these names:\n\n" + from,
                "Correct the properties pgpool.*, or what a PgPoolCustomizer says.",
                config);
    }

    /** Of {@code databases.app.maxConnections: -1 (expected: ...)}: {@code maxconnections}, as names of properties are compared. */
    private static String lastOfPath(String problem) {
        String[] path = problem.split(":", 2)[0].split("\\.");
        return Arrays.asList(path).get(path.length - 1).toLowerCase(Locale.ROOT);
    }
}
