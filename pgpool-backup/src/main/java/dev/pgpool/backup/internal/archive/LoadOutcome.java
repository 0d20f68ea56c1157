package dev.pgpool.backup.internal.archive;

import dev.pgpool.backup.report.BackupException;
import dev.pgpool.backup.report.FailureReason;
import java.util.ArrayList;
import java.util.List;

/** Decides whether what pg_restore or psql said at its end is what the plan allows. */
final class LoadOutcome {

    private LoadOutcome() {}

    /** Whether what pg_restore or psql said, at its end, is what the plan allows. */
    static LoadPlan.Loaded loaded(ArchivePrograms.Ending ending, LoadErrors errors, LoadPlan plan) {
        boolean ran = ending.status() == 0 || (ending.status() == 1 && errors.finished());
        if (!ran || (plan.strict() && ending.status() != 0)) {
            throw failed(ending, "exit status " + ending.status() + ": " + ending.text());
        }
        if (errors.connectionLost()) {
            throw failed(ending, "the connection was lost: " + ending.text());
        }
        int tolerable = errors.otherCount() + (plan.superuser() ? errors.forbiddenCount() : 0);
        if (tolerable > plan.options().toleratedErrors()) {
            throw failed(
                    ending,
                    tolerable + " errors (expected: at most "
                            + plan.options().toleratedErrors() + "): "
                            + String.join("; ", errors.others().isEmpty() ? errors.forbidden() : errors.others()));
        }
        List<String> tolerated = new ArrayList<>(errors.others());
        if (plan.superuser()) {
            tolerated.addAll(errors.forbidden());
        }
        List<String> leftOut = new ArrayList<>();
        if (!plan.superuser()) {
            leftOut.addAll(errors.forbidden());
            if (errors.forbiddenCount() > leftOut.size()) {
                leftOut.add("and " + (errors.forbiddenCount() - leftOut.size()) + " more");
            }
        }
        return new LoadPlan.Loaded(ending.warnings(), leftOut, tolerated, tolerable);
    }

    static BackupException failed(ArchivePrograms.Ending ending, String what) {
        return new BackupException(
                FailureReason.RESTORE_FAILED,
                ending.program() + ": "
                        + (what.length() > ArchivePrograms.MAX_TEXT
                                ? what.substring(0, 100) + " ... "
                                        + what.substring(what.length() - ArchivePrograms.MAX_TEXT)
                                : what));
    }
}
