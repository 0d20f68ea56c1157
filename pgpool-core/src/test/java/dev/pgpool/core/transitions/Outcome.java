package dev.pgpool.core.transitions;

/**
 * What becomes of a login.
 *
 * @param password that the client has
 * @param words of the refusal; empty if it gets in
 * @param isSpontaneous whether it is told so without doing anything more
 */
record Outcome(String password, String words, boolean isSpontaneous) {
    static final Outcome IN = new Outcome(Stage.SECRET, "", false);

    /** There is no such login in the scene. */
    static final Outcome NONE = new Outcome("", "", false);

    static Outcome inBy(String password) {
        return new Outcome(password, "", false);
    }

    static Outcome refused(String words) {
        return new Outcome(Stage.SECRET, words, false);
    }

    static Outcome told(String words) {
        return new Outcome("", words, true);
    }
}
