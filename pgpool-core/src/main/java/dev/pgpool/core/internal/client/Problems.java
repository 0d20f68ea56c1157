package dev.pgpool.core.internal.client;

import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/** Failures in one line of the log: a login that fails is not worth a stack trace. */
final class Problems {
    private Problems() {}

    /** What went wrong, with its causes; nothing is said twice. */
    static String words(@Nullable Throwable problem) {
        Throwable at = cause(problem);
        if (at == null) {
            return "nothing was found, not even nothing";
        }
        StringBuilder words = new StringBuilder(one(at));
        for (Throwable cause = at.getCause(); cause != null && cause != at; cause = cause.getCause()) {
            String more = one(cause);
            if (words.indexOf(more) < 0) {
                words.append("; ").append(more);
            }
            at = cause;
        }
        return words.toString().replace('\n', ' ').replace('\r', ' ');
    }

    /** What a stage has failed with. */
    static @Nullable Throwable cause(@Nullable Throwable problem) {
        Throwable at = problem;
        while (at instanceof CompletionException && at.getCause() != null) {
            at = at.getCause();
        }
        return at;
    }

    /** Whether the pooler itself has said what is wrong, so that a stack trace tells nothing more. */
    static boolean isOurs(@Nullable Throwable problem) {
        Throwable at = cause(problem);
        return at == null || at instanceof IllegalStateException || at instanceof IllegalArgumentException;
    }

    /** Of ours the words are enough. */
    private static String one(Throwable problem) {
        String message = problem.getMessage();
        if (message == null) {
            return problem.getClass().getName();
        }
        boolean ours = problem instanceof IllegalStateException || problem instanceof IllegalArgumentException;
        return ours ? message : problem.getClass().getSimpleName() + ": " + message;
    }
}
