package dev.pgpool.backup.internal.run;

import dev.pgpool.backup.report.FailureReason;

/** Something that would make a run fail, found before it began. */
record PreflightProblem(FailureReason reason, String text) {}
