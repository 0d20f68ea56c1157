package dev.pgpool.core.internal.auth.hba;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Replaces {@code @file} by the names in that file. */
final class NameLists {
    /** As deep as PostgreSQL goes. */
    private static final int MAX_DEPTH = 10;

    private final RuleSource source;
    private final String directoryOf;

    /** @param directoryOf the file that relative names are relative to */
    NameLists(RuleSource source, String directoryOf) {
        this.source = source;
        this.directoryOf = directoryOf;
    }

    List<Token> expand(List<Token> tokens) throws RuleError {
        return expand(tokens, directoryOf, 0);
    }

    private List<Token> expand(List<Token> tokens, String from, int depth) throws RuleError {
        List<Token> expanded = new ArrayList<>();
        for (Token token : tokens) {
            if (!token.isMarked('@')) {
                expanded.add(token);
                continue;
            }
            if (depth == MAX_DEPTH) {
                throw new RuleError("file", "\"" + token.text() + "\"", "files nested at most " + MAX_DEPTH + " deep");
            }
            String file = source.beside(from, token.text().substring(1));
            List<String> problems = new ArrayList<>();
            for (RuleLine line : RuleLine.read(file, read(token, file), problems)) {
                for (List<Token> field : line.fields()) {
                    expanded.addAll(expand(field, file, depth + 1));
                }
            }
            if (!problems.isEmpty()) {
                throw new RuleError("file", "\"" + token.text() + "\"", "names; found " + String.join("; ", problems));
            }
        }
        return expanded;
    }

    private String read(Token token, String file) throws RuleError {
        try {
            return source.read(file);
        } catch (IOException e) {
            throw new RuleError("file", "\"" + token.text() + "\"", "a readable file of names: " + e);
        }
    }
}
