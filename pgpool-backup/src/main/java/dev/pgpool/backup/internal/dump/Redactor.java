package dev.pgpool.backup.internal.dump;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Pattern;

/** Takes secrets out of text that is to be kept: known ones by value, others by their usual shape. */
public final class Redactor {

    private static final String MASK = "***";
    private static final Pattern URL_PASSWORD = Pattern.compile("(://[^:/@\\s]*:)[^@\\s]+@");
    private static final Pattern KEYWORD =
            Pattern.compile("(?i)((?:password|passphrase|secret|access_key)[ \\t]*[=:][ \\t]*|token=)"
                    + "('(?:[^']|'')*'|\"[^\"]*\"|[^\\s,;&')]+)");
    private static final Pattern CLAUSE =
            Pattern.compile("(?i)((?:password|passphrase|secret|access_key)\\s+)'(?:[^']|'')*'?");
    private static final Pattern VERIFIER = Pattern.compile("SCRAM-SHA-256\\$[^\\s']+|md5[0-9a-f]{32}");

    private final List<String> secrets;

    /** A redactor that also knows these secrets; short ones are left to the patterns, as they would blot out anything. */
    public Redactor(Collection<String> secrets) {
        this.secrets = secrets.stream()
                .filter(s -> s.length() >= 4)
                .sorted(Comparator.comparing(String::length).reversed())
                .toList();
    }

    /** The text without secrets. */
    public String redact(String text) {
        String result = text;
        for (String secret : secrets) {
            result = result.replace(secret, MASK);
        }
        result = URL_PASSWORD.matcher(result).replaceAll("$1" + MASK + "@");
        result = VERIFIER.matcher(result).replaceAll(MASK);
        result = CLAUSE.matcher(result).replaceAll("$1" + MASK);
        return KEYWORD.matcher(result).replaceAll("$1" + MASK);
    }
}
