package dev.pgpool.backup.notify;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.pgpool.backup.internal.json.Json;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A JSON text with places such as <code>{{message}}</code> inside its strings, which are filled with a notice, escaped as JSON
 * wants it. Checked when it is made: with any notice it is JSON. Immutable.
 */
final class NoticeTemplate {

    private static final Pattern PLACE = Pattern.compile("\\{\\{ *(\\w*) *}}");
    private static final List<String> NAMES = List.of("kind", "subject", "message", "reason", "at", "repeated", "text");

    private final String template;

    /**
     * A template.
     *
     * @throws IllegalArgumentException if a place has a name that a notice has not, or what comes of it is no JSON
     */
    NoticeTemplate(String template) {
        this.template = template;
        PLACE.matcher(template).results().forEach(place -> {
            if (!NAMES.contains(place.group(1))) {
                throw new IllegalArgumentException(
                        "webhook: template: {{" + place.group(1) + "}} (expected: one of " + NAMES + ")");
            }
        });
        String tried = fill(name -> "\" \\ \n <" + name + ">");
        try {
            Json.MAPPER.readTree(tried);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(
                    "webhook: template: is no JSON once it is filled, at line "
                            + e.getLocation().getLineNr() + " column "
                            + e.getLocation().getColumnNr() + " (expected: places inside strings, as in"
                            + " {\"text\": \"{{text}}\"})",
                    e);
        }
    }

    String fill(Notice notice) {
        Map<String, String> values = Map.of(
                "kind", notice.kind().name(),
                "subject", notice.subject(),
                "message", notice.message(),
                "reason", notice.reason(),
                "at", notice.at().toString(),
                "repeated", Boolean.toString(notice.repeated()),
                "text", notice.text());
        return fill(name -> values.getOrDefault(name, ""));
    }

    private String fill(java.util.function.UnaryOperator<String> value) {
        return PLACE.matcher(template)
                .replaceAll(place -> Matcher.quoteReplacement(escaped(value.apply(place.group(1)))));
    }

    private static String escaped(String text) {
        try {
            String quoted = Json.MAPPER.writeValueAsString(text);
            return quoted.substring(1, quoted.length() - 1);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a text cannot be written", e);
        }
    }
}
