package dev.pgpool.core.internal.runtime;

import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;

/** For callers that may wait. */
public final class Waiting {
    private Waiting() {}

    /** What comes of it, or what went wrong as it was thrown. */
    public static <T> T on(CompletionStage<T> stage) {
        try {
            return stage.toCompletableFuture().join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw e;
        }
    }
}
