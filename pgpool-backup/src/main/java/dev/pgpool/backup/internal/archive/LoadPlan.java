package dev.pgpool.backup.internal.archive;

import dev.pgpool.backup.config.RestoreOptions;
import java.util.ArrayList;
import java.util.List;

/**
 * How an archive is loaded.
 *
 * @param jobs of pg_restore
 * @param options of the restore
 * @param superuser whether the role is one; what another role may not do is left out
 * @param singleTransaction all or nothing; only with one job, and without errors
 * @param entries numbers of the archive's entries to restore, in their order; empty for all
 * @param outOfOrder whether their rows are in another order than the archive's, which takes a file
 * @param extra further arguments of pg_restore
 */
public record LoadPlan(
        int jobs,
        RestoreOptions options,
        boolean superuser,
        boolean singleTransaction,
        List<Integer> entries,
        boolean outOfOrder,
        List<String> extra) {

    public LoadPlan {
        entries = List.copyOf(entries);
        extra = List.copyOf(extra);
    }

    public static LoadPlan all(int jobs, RestoreOptions options, boolean superuser) {
        return new LoadPlan(jobs, options, superuser, false, List.of(), false, List.of());
    }

    public LoadPlan selecting(ArchiveSelection selection) {
        return new LoadPlan(
                jobs,
                options,
                superuser,
                singleTransaction,
                selection.entries(),
                selection.outOfOrder(),
                selection.extra());
    }

    public LoadPlan inOneTransaction() {
        return new LoadPlan(1, options, superuser, true, entries, outOfOrder, extra);
    }

    /** True if the first error ends it. */
    public boolean strict() {
        return singleTransaction || (superuser && options.toleratedErrors() == 0);
    }

    List<String> arguments() {
        List<String> arguments = new ArrayList<>();
        add(arguments, strict(), "--exit-on-error");
        // Then each error says which entry it is about.
        add(arguments, !strict(), "--verbose");
        add(arguments, singleTransaction, "--single-transaction");
        add(arguments, !options.owners(), "--no-owner");
        add(arguments, !options.privileges(), "--no-privileges");
        add(arguments, !options.comments(), "--no-comments");
        add(arguments, !options.subscriptions(), "--no-subscriptions");
        add(arguments, !options.tablespaces(), "--no-tablespaces");
        arguments.addAll(extra);
        return arguments;
    }

    private static void add(List<String> arguments, boolean condition, String argument) {
        if (condition) {
            arguments.add(argument);
        }
    }

    /**
     * What came of it.
     *
     * @param warnings of the program
     * @param leftOut what the role may not do
     * @param errors that were tolerated, as far as kept
     * @param errorCount how many
     */
    public record Loaded(List<String> warnings, List<String> leftOut, List<String> errors, int errorCount) {
        public Loaded {
            warnings = List.copyOf(warnings);
            leftOut = List.copyOf(leftOut);
            errors = List.copyOf(errors);
        }
    }
}
