package dev.pgpool.certwatch.internal.watch;

import dev.pgpool.certwatch.config.CertWatchConfig.Schedule;
import dev.pgpool.certwatch.target.CertTarget;
import dev.pgpool.certwatch.target.TargetSet;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The targets of a watch: added and removed by the host, or found in a set. Targets are added on any thread; what concerns members
 * and removal is confined to the timeline.
 */
final class WatchedTargets {

    private final Map<String, WatchedTarget> targets;
    private final Schedule schedule;
    private final WatchRuntime runtime;
    private final ProbeRunner runner;
    private final ReportPublisher publisher;
    private final EventDispatcher events;
    private final FirstSweep firstSweep;
    private final LabelNames labelNames = new LabelNames();

    WatchedTargets(
            Map<String, WatchedTarget> targets,
            Schedule schedule,
            WatchRuntime runtime,
            ProbeRunner runner,
            ReportPublisher publisher,
            EventDispatcher events,
            FirstSweep firstSweep) {
        this.targets = targets;
        this.schedule = schedule;
        this.runtime = runtime;
        this.runner = runner;
        this.publisher = publisher;
        this.events = events;
        this.firstSweep = firstSweep;
    }

    /**
     * Adds a target; it is not scheduled yet.
     *
     * @throws IllegalArgumentException if its name is in use, or its labels are too many
     */
    WatchedTarget add(CertTarget target) {
        labelNames.add(target);
        WatchedTarget watched = new WatchedTarget(target, schedule);
        if (targets.putIfAbsent(target.name(), watched) != null) {
            throw new IllegalArgumentException(
                    "target \"" + target.name()
                            + "\" is watched already (expected: a name not in use, which name=... in the URL or named(...) gives)");
        }
        return watched;
    }

    /** Ends a target that is no longer among the targets, with its members if it is a set. */
    void onRemoved(WatchedTarget watched) {
        if (watched.removed) {
            return;
        }
        end(watched);
        runtime.checker().forget(watched.target);
        events.tell(listener -> listener.onRemoved(watched.target));
        if (watched.target instanceof TargetSet) {
            removeMembers(watched, Map.of());
        }
    }

    private void end(WatchedTarget watched) {
        publisher.forget(watched);
        watched.end();
    }

    /** Removes the members of a set that are not among the wanted ones any more. */
    private void removeMembers(WatchedTarget set, Map<String, CertTarget> wanted) {
        for (WatchedTarget member : List.copyOf(targets.values())) {
            if (member.owner == set && !wanted.containsKey(member.target.name())) {
                targets.remove(member.target.name(), member);
                onRemoved(member);
            }
        }
    }

    /**
     * Makes the targets of a set those that its probe found.
     *
     * @return why some of them are not watched
     */
    List<String> sync(WatchedTarget set, List<CertTarget> members) {
        List<String> refused = new ArrayList<>();
        Map<String, CertTarget> wanted = new LinkedHashMap<>();
        members.forEach(member -> wanted.putIfAbsent(member.name(), member));
        removeMembers(set, wanted);
        for (CertTarget member : wanted.values()) {
            WatchedTarget there = targets.get(member.name());
            if (there != null && there.owner != set) {
                // Given by itself, or by another set, under the same name: that one is watched.
                continue;
            }
            if (there != null && there.target.equals(member)) {
                continue;
            }
            try {
                labelNames.add(member);
            } catch (IllegalArgumentException e) {
                refused.add(String.valueOf(e.getMessage()));
                continue;
            }
            watchMember(set, there, member);
        }
        return refused;
    }

    private void watchMember(WatchedTarget set, @Nullable WatchedTarget there, CertTarget member) {
        boolean policyOnly =
                there != null && there.target.withPolicy(member.policy()).equals(member);
        WatchedTarget watched = new WatchedTarget(member, schedule, set, policyOnly ? there : null);
        if (there == null) {
            if (targets.putIfAbsent(member.name(), watched) != null) {
                return;
            }
        } else if (targets.replace(member.name(), there, watched)) {
            end(there);
            events.tell(listener -> listener.onRemoved(there.target));
        } else {
            return;
        }
        if (set.firstSweep && set.state == null) {
            firstSweep.awaitMember(watched);
        }
        // What was known with another policy is judged by this one at once.
        runner.schedule(watched, there == null ? watched.probeSchedule.firstNanos() : 0);
    }
}
