package dev.pgpool.core.pgbouncer;

/**
 * What a file says for a key.
 *
 * @param key as in the file
 * @param text without quotes
 * @param where file and line
 */
record Value(String key, String text, String where) {
    /** A problem with it, in the words of all problems. */
    String problem(String expected) {
        return where + ": " + key + ": \"" + text + "\" (expected: " + expected + ")";
    }

    /** A problem with it that does not show it. */
    String secretProblem(String expected) {
        return where + ": " + key + ": a secret (expected: " + expected + ")";
    }
}
