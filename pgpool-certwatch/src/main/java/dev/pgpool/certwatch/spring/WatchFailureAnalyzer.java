package dev.pgpool.certwatch.spring;

import dev.pgpool.certwatch.CertWatchException;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Says why there is no watch: every problem of its settings. */
final class WatchFailureAnalyzer extends AbstractFailureAnalyzer<RuntimeException> {
    @Override
    protected @Nullable FailureAnalysis analyze(Throwable rootFailure, RuntimeException any) {
        CertWatchException config = findCause(rootFailure, CertWatchException.class);
        if (config != null) {
            return new FailureAnalysis(
                    config.problems().stream()
                            .map(problem -> "    " + problem)
                            .collect(Collectors.joining(
                                    "\n", "The certificate watch can't be made of its settings:\n\n", "")),
                    "Correct the properties pgpool.certwatch.*, or what a CertWatchCustomizer says.",
                    config);
        }
        SettingException setting = findCause(rootFailure, SettingException.class);
        return setting == null
                ? null
                : new FailureAnalysis(
                        "The certificate watch can't be made of the properties " + WatchProperties.PREFIX
                                + ".*:\n\n    " + setting.getMessage(),
                        "Correct the property " + setting.property() + ".",
                        setting);
    }
}
