package dev.pgpool.core.internal.auth.hba;

/** A line of a rule file is broken; the message says what was seen and what was expected. */
final class RuleError extends Exception {
    private static final long serialVersionUID = 1L;

    RuleError(String message) {
        super(message);
    }

    RuleError(String what, String seen, String expected) {
        super(what + ": " + seen + " (expected: " + expected + ")");
    }
}
