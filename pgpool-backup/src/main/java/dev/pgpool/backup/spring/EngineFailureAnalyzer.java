package dev.pgpool.backup.spring;

import dev.pgpool.backup.config.ConfigException;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Says why there is no engine: every problem of its settings. Shows no secrets. */
final class EngineFailureAnalyzer extends AbstractFailureAnalyzer<RuntimeException> {
    @Override
    protected @Nullable FailureAnalysis analyze(Throwable rootFailure, RuntimeException any) {
        ConfigException config = findCause(rootFailure, ConfigException.class);
        if (config != null) {
            return new FailureAnalysis(
                    config.problems().stream()
                            .map(problem -> "    " + problem)
                            .collect(Collectors.joining(
                                    "\n", "The backup engine can't be made of its settings:\n\n", "")),
                    "Correct the properties pgpool.backup.*, or what a BackupEngineCustomizer says.",
                    config);
        }
        SettingException setting = findCause(rootFailure, SettingException.class);
        return setting == null
                ? null
                : new FailureAnalysis(
                        "The backup engine can't be made of the properties " + EngineProperties.PREFIX + ".*:\n\n    "
                                + setting.getMessage(),
                        "Correct the property " + setting.property() + ".",
                        setting);
    }
}
