package dev.pgpool.certwatch.internal.watch;

import dev.pgpool.certwatch.internal.judge.Inspection;
import dev.pgpool.certwatch.target.CertTarget;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** A probe and its inspection; tests of the schedule put in their own. */
@FunctionalInterface
interface TargetChecker {

    /** Probes a target; the inspections of the probe before are used again where they still hold. */
    CompletableFuture<CheckResult> check(CertTarget target, List<Inspection> former);

    /** A target is watched no longer. */
    default void forget(CertTarget target) {}
}
