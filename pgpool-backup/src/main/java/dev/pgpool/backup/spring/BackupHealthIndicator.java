package dev.pgpool.backup.spring;

import dev.pgpool.backup.BackupEngine;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.springframework.boot.health.contributor.AbstractHealthIndicator;
import org.springframework.boot.health.contributor.Health;

/**
 * Whether the last backup is young enough: down if no run has succeeded for the engine's {@code overdueAfter}. Asks the store
 * nothing, the engine reads its catalog each hour anyway. Unknown until it has for the first time, and for as long as a new engine
 * without any backup could have waited.
 */
final class BackupHealthIndicator extends AbstractHealthIndicator {
    private final BackupEngine engine;
    private final LastBackup last;
    private final Clock clock;
    private final Instant begin;

    BackupHealthIndicator(BackupEngine engine, LastBackup last, Clock clock) {
        super("the state of backups is not known");
        this.engine = engine;
        this.last = last;
        this.clock = clock;
        this.begin = clock.instant();
    }

    @Override
    protected void doHealthCheck(Health.Builder health) {
        Duration limit = engine.config().run().overdueAfter();
        Optional<Instant> success = last.success();
        Instant since = success.orElse(begin);
        if (Duration.between(since, clock.instant()).compareTo(limit) > 0) {
            health.down();
        } else if (success.isPresent()) {
            health.up();
        } else {
            health.unknown();
        }
        health.withDetail(
                "lastSuccess", success.map(Instant::toString).orElse(last.isKnown() ? "none" : "not known yet"));
        health.withDetail("overdueAfter", limit.toString());
        if (!last.lastRun().isEmpty()) {
            health.withDetail("lastRun", last.lastRun());
        }
        last.nextRun().ifPresent(next -> health.withDetail("nextRun", next.toString()));
    }
}
