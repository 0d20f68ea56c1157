package dev.pgpool.backup.internal.settings;

import dev.pgpool.backup.config.BackupConfig;
import dev.pgpool.backup.event.RunHook;
import dev.pgpool.backup.internal.check.Problems;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Limits of a run, and what the host does around it. Confined to one thread. */
public final class RunSettings {

    private final Problems problems;
    private Duration deadline = Duration.ofHours(12);
    private Duration stallLimit = Duration.ofMinutes(10);
    private Duration leaseTime = Duration.ofMinutes(10);
    private Duration progressInterval = Duration.ofSeconds(5);
    private @Nullable Duration objectLock;
    private Duration overdueAfter = Duration.ofHours(26);
    private int retries = 3;
    private Duration retryPause = Duration.ofMinutes(10);
    private final List<RunHook> hooks = new ArrayList<>();
    private Duration hookLimit = Duration.ofMinutes(1);

    RunSettings(Problems problems) {
        this.problems = problems;
    }

    public void deadline(Duration limit) {
        problems.positive("deadline", limit);
        deadline = limit;
    }

    public void stallLimit(Duration limit) {
        problems.positive("stallLimit", limit);
        stallLimit = limit;
    }

    public void leaseTime(Duration time) {
        problems.positive("leaseTime", time);
        leaseTime = time;
    }

    public void progressInterval(Duration interval) {
        problems.positive("progressInterval", interval);
        progressInterval = interval;
    }

    public void objectLock(Duration time) {
        problems.positive("objectLock", time);
        objectLock = time;
    }

    public void overdueAfter(Duration time) {
        problems.positive("overdueAfter", time);
        overdueAfter = time;
    }

    public void retryRuns(int times, Duration pause) {
        problems.require(times >= 0, "retryRuns", times, ">= 0");
        problems.positive("retryRuns", pause);
        retries = times;
        retryPause = pause;
    }

    public void hook(RunHook of) {
        hooks.add(of);
    }

    public void hookLimit(Duration limit) {
        problems.positive("hookLimit", limit);
        hookLimit = limit;
    }

    List<RunHook> hooks() {
        return List.copyOf(hooks);
    }

    Duration hookLimit() {
        return hookLimit;
    }

    BackupConfig.Run checked() {
        return new BackupConfig.Run(
                deadline, stallLimit, leaseTime, progressInterval, objectLock, overdueAfter, retries, retryPause);
    }
}
