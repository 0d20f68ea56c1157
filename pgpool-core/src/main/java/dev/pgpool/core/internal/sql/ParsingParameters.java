package dev.pgpool.core.internal.sql;

/** The parameters by which literals and names are read when their statement is parsed. */
final class ParsingParameters {
    private ParsingParameters() {}

    /** Whether the current token names such a parameter. */
    static boolean isNamedBy(Lexer lexer) {
        return switch (lexer.length()) {
            case 4 -> lexer.is(Words.ROLE);
            case 8 -> lexer.is(Words.TIMEZONE);
            case 9 -> lexer.is(Words.DATESTYLE);
            case 11 -> lexer.is(Words.SEARCH_PATH);
            case 13 -> lexer.is(Words.INTERVALSTYLE);
            case 15 -> lexer.is(Words.CLIENT_ENCODING);
            case 21 -> lexer.is(Words.SESSION_AUTHORIZATION);
            case 27 -> lexer.is(Words.STANDARD_CONFORMING_STRINGS);
            default -> false;
        };
    }
}
