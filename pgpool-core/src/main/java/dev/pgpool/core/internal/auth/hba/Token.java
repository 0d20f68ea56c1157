package dev.pgpool.core.internal.auth.hba;

/**
 * A word of a rule file.
 *
 * @param quoted whether it began with a double quote, which takes the special meaning of a word away
 */
record Token(String text, boolean quoted) {

    boolean isKeyword(String word) {
        return !quoted && text.equals(word);
    }

    /** Whether the word has this special first character and something behind it. */
    boolean isMarked(char first) {
        return !quoted && text.length() > 1 && text.charAt(0) == first;
    }

    /** As in PostgreSQL in quotes, too: an expression with a comma in it could not be written otherwise. */
    boolean isRegex() {
        return text.length() > 1 && text.charAt(0) == '/';
    }

    /** The words as they were separated by commas, for messages. */
    static String shown(Iterable<Token> tokens) {
        var shown = new StringBuilder("\"");
        for (Token token : tokens) {
            shown.append(shown.length() > 1 ? "," : "").append(token.text);
        }
        return shown.append('"').toString();
    }
}
