package dev.pgpool.core.spring;

import org.springframework.boot.autoconfigure.condition.AnyNestedCondition;
import org.springframework.boot.autoconfigure.condition.ConditionMessage;
import org.springframework.boot.autoconfigure.condition.ConditionOutcome;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.SpringBootCondition;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.context.annotation.Conditional;
import org.springframework.core.type.AnnotatedTypeMetadata;

/** Whether the application wants a pooler: properties describe one, or a customizer does. */
final class OnPooler extends AnyNestedCondition {
    OnPooler() {
        super(ConfigurationPhase.REGISTER_BEAN);
    }

    /** By properties. */
    @Conditional(Described.class)
    static final class ByProperties {}

    /** By a bean. */
    @ConditionalOnBean(PgPoolCustomizer.class)
    static final class ByCustomizer {}

    /** Whether properties describe a pooler. */
    static final class Described extends SpringBootCondition {
        @Override
        public ConditionOutcome getMatchOutcome(ConditionContext context, AnnotatedTypeMetadata metadata) {
            ConditionMessage.Builder message = ConditionMessage.forCondition("pgpool");
            return PoolerProperties.describePooler(context.getEnvironment())
                    ? ConditionOutcome.match(message.because("there are properties pgpool.databases.*"))
                    : ConditionOutcome.noMatch(message.because("there are no properties pgpool.databases.*"));
        }
    }
}
