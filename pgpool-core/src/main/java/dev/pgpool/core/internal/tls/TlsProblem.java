package dev.pgpool.core.internal.tls;

/** Something is wrong with keys, certificates or settings: where, what was seen, what was expected. No secret in it. */
final class TlsProblem extends Exception {
    private static final long serialVersionUID = 1L;

    TlsProblem(String path, Object seen, String expected) {
        super(path + ": " + seen + " (expected: " + expected + ")");
    }
}
