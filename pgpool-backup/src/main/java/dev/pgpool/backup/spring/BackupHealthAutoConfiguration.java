package dev.pgpool.backup.spring;

import dev.pgpool.backup.BackupEngine;
import java.time.Clock;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;

/** Whether the last backup is young enough, under the name {@code pgpoolBackup}, where Boot's health is. */
@AutoConfiguration(after = BackupAutoConfiguration.class)
@ConditionalOnClass({HealthIndicator.class, ConditionalOnEnabledHealthIndicator.class})
@ConditionalOnBean({BackupEngine.class, LastBackup.class})
public final class BackupHealthAutoConfiguration {

    @Bean
    @ConditionalOnEnabledHealthIndicator("pgpoolBackup")
    @ConditionalOnMissingBean(name = "pgpoolBackupHealthIndicator")
    HealthIndicator pgpoolBackupHealthIndicator(BackupEngine engine, LastBackup last) {
        return new BackupHealthIndicator(engine, last, Clock.systemUTC());
    }
}
