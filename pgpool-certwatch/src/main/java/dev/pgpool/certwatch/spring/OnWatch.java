package dev.pgpool.certwatch.spring;

import dev.pgpool.certwatch.target.CertTarget;
import org.springframework.boot.autoconfigure.condition.AnyNestedCondition;
import org.springframework.boot.autoconfigure.condition.ConditionMessage;
import org.springframework.boot.autoconfigure.condition.ConditionOutcome;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.SpringBootCondition;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.context.annotation.Conditional;
import org.springframework.core.type.AnnotatedTypeMetadata;

/** Whether the application wants certificates watched: properties name targets, or beans are targets, or a customizer is there. */
final class OnWatch extends AnyNestedCondition {
    OnWatch() {
        super(ConfigurationPhase.REGISTER_BEAN);
    }

    /** By properties. */
    @Conditional(Described.class)
    static final class ByProperties {}

    /** By targets. */
    @ConditionalOnBean(CertTarget.class)
    static final class ByTarget {}

    /** By a customizer. */
    @ConditionalOnBean(CertWatchCustomizer.class)
    static final class ByCustomizer {}

    /** Whether properties describe a watch. */
    static final class Described extends SpringBootCondition {
        @Override
        public ConditionOutcome getMatchOutcome(ConditionContext context, AnnotatedTypeMetadata metadata) {
            ConditionMessage.Builder message = ConditionMessage.forCondition("pgpool certwatch");
            return WatchProperties.describeWatch(context.getEnvironment())
                    ? ConditionOutcome.match(message.because("there are properties pgpool.certwatch.targets"))
                    : ConditionOutcome.noMatch(message.because("there are no properties pgpool.certwatch.targets"));
        }
    }
}
