package dev.pgpool.backup.internal.dump;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Takes secrets out of text that is to be kept: known ones by value, others by their usual shape. */
public final class Redactor {

    private static final String MASK = "***";
    private static final int SHORTEST = 4;
    // Up to the last @ of the authority: a password may hold an @ that is not encoded.
    private static final Pattern URL_PASSWORD = Pattern.compile("(://[^:/@\\s]*:)[^\\s/?#]*@");
    private static final String NAME =
            "[\\w.-]*(?:password|passwd|passphrase|passcode|secret|access_?key|api_?key|signature"
                    + "|credential|security-token|session_?token|authorization)[\\w.-]*";
    private static final Pattern KEYWORD = Pattern.compile(
            "(?i)(" + NAME + "[\"']?[ \\t]*[=:][ \\t]*|\\b(?:token|pwd)=)"
                    + "((?:basic|bearer) +[^\\s,;\"']+|'(?:[^'\\\\]|''|\\\\.)*'?|\"(?:[^\"\\\\]|\\\\.)*\"?|[^\\s,;&')]+)");
    private static final Pattern BEARER = Pattern.compile("(?i)\\b((?:basic|bearer) +)[A-Za-z0-9+/._~=-]{8,}");
    private static final Pattern CLAUSE =
            Pattern.compile("(?i)((?:password|passphrase|secret|access_key)\\s+)(?:E)?'(?:[^'\\\\]|''|\\\\.)*'?");
    private static final Pattern VERIFIER = Pattern.compile("SCRAM-SHA-256\\$[^\\s']+|md5[0-9a-f]{32}");

    private final List<String> secrets;

    /** A redactor that also knows these secrets; short ones are left to the patterns, as they would blot out anything. */
    public Redactor(Collection<String> secrets) {
        this.secrets = secrets.stream()
                .filter(s -> s.length() >= SHORTEST)
                .flatMap(Redactor::spellings)
                .distinct()
                .sorted(Comparator.comparing(String::length).reversed())
                .toList();
    }

    /** A secret as it is, and as it looks inside a URL, a literal, a connection string, JSON or base64. */
    private static Stream<String> spellings(String secret) {
        String form = URLEncoder.encode(secret, StandardCharsets.UTF_8);
        String backslashed = secret.replace("\\", "\\\\");
        return Stream.of(
                secret,
                form,
                form.replace("+", "%20"),
                secret.replace("'", "''"),
                backslashed.replace("'", "\\'"),
                backslashed.replace("\"", "\\\""),
                Base64.getEncoder().encodeToString(secret.getBytes(StandardCharsets.UTF_8)));
    }

    /** The text of a line that was cut off at its end, where a known secret may have been cut in two. */
    public String redactCut(String text) {
        String result = redact(text);
        for (String secret : secrets) {
            for (int length = secret.length() - 1; length >= SHORTEST; length--) {
                if (result.endsWith(secret.substring(0, length))) {
                    return result.substring(0, result.length() - length) + MASK;
                }
            }
        }
        return result;
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
        result = KEYWORD.matcher(result).replaceAll("$1" + MASK);
        return BEARER.matcher(result).replaceAll("$1" + MASK);
    }
}
