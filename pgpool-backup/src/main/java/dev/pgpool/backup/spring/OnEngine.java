package dev.pgpool.backup.spring;

import org.springframework.boot.autoconfigure.condition.AnyNestedCondition;
import org.springframework.boot.autoconfigure.condition.ConditionMessage;
import org.springframework.boot.autoconfigure.condition.ConditionOutcome;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.SpringBootCondition;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.context.annotation.Conditional;
import org.springframework.core.type.AnnotatedTypeMetadata;

/** Whether the application wants backups: properties describe them, or a customizer does. */
final class OnEngine extends AnyNestedCondition {
    OnEngine() {
        super(ConfigurationPhase.REGISTER_BEAN);
    }

    /** By properties. */
    @Conditional(Described.class)
    static final class ByProperties {}

    /** By a bean. */
    @ConditionalOnBean(BackupEngineCustomizer.class)
    static final class ByCustomizer {}

    /** Whether properties describe an engine. */
    static final class Described extends SpringBootCondition {
        @Override
        public ConditionOutcome getMatchOutcome(ConditionContext context, AnnotatedTypeMetadata metadata) {
            ConditionMessage.Builder message = ConditionMessage.forCondition("pgpool backup");
            return EngineProperties.describeEngine(context.getEnvironment())
                    ? ConditionOutcome.match(message.because("there are properties pgpool.backup.source.*"))
                    : ConditionOutcome.noMatch(message.because("there are no properties pgpool.backup.source.*"));
        }
    }
}
