package dev.pgpool.certwatch;

import java.util.List;

/**
 * What {@link CertWatchBuilder#build()} throws: every problem found, each with option, value seen and value expected; also thrown where
 * a single check could not be carried out.
 */
public final class CertWatchException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final transient List<String> problems;

    CertWatchException(String problem) {
        this(List.of(problem));
    }

    CertWatchException(List<String> problems) {
        super(String.join("; ", problems));
        this.problems = List.copyOf(problems);
    }

    /** One line each, such as {@code maxInFlight: 0 (expected: > 0)}. */
    public List<String> problems() {
        return problems;
    }
}
