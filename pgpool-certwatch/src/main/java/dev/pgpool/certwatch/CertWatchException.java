package dev.pgpool.certwatch;

/** What {@link CertWatchBuilder#build()} throws: every problem found, each with option, value and expectation. */
public final class CertWatchException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    CertWatchException(String message) {
        super(message);
    }
}
