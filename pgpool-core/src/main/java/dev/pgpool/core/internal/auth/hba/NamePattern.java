package dev.pgpool.core.internal.auth.hba;

import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;

/**
 * A name in a rule: one word, or a regular expression behind a slash, which may match any part of a name unless it has
 * anchors. The expressions are Java's; those that PostgreSQL's manual shows mean the same in both.
 */
record NamePattern(String name, @Nullable Pattern regex) {

    static NamePattern of(Token token, String what) throws RuleError {
        return token.isRegex()
                ? new NamePattern(token.text(), compile(token, what))
                : new NamePattern(token.text(), null);
    }

    static Pattern compile(Token token, String what) throws RuleError {
        try {
            return Pattern.compile(token.text().substring(1));
        } catch (PatternSyntaxException e) {
            throw new RuleError(what, "\"" + token.text() + "\"", "a regular expression: " + e.getDescription());
        }
    }

    boolean matches(String candidate) {
        Pattern pattern = regex;
        return pattern == null
                ? name.equals(candidate)
                : pattern.matcher(candidate).find();
    }
}
