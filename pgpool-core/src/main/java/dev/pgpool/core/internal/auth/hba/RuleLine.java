package dev.pgpool.core.internal.auth.hba;

import java.util.ArrayList;
import java.util.List;

/**
 * One line of a rule file, cut into fields of words: blanks separate fields, commas the words of a field, {@code #}
 * begins a comment, double quotes keep blanks and take special meanings away, a backslash at its end joins a line with
 * the next.
 *
 * @param number of the first line that it was made of
 */
record RuleLine(int number, List<List<Token>> fields) {
    RuleLine {
        fields = List.copyOf(fields);
    }

    /** The lines that are not empty. Problems go to the list, one for each broken line, behind {@code file:line: }. */
    static List<RuleLine> read(String file, String content, List<String> problems) {
        List<RuleLine> lines = new ArrayList<>();
        String[] physical = content.split("\r?\n", -1);
        for (int i = 0; i < physical.length; i++) {
            int number = i + 1;
            var text = new StringBuilder(physical[i]);
            while (text.length() > 0 && text.charAt(text.length() - 1) == '\\' && i + 1 < physical.length) {
                text.setLength(text.length() - 1);
                i++;
                text.append(physical[i]);
            }
            try {
                List<List<Token>> fields = new Cutter(text.toString()).fields();
                if (!fields.isEmpty()) {
                    lines.add(new RuleLine(number, fields));
                }
            } catch (RuleError e) {
                problems.add(file + ":" + number + ": " + e.getMessage());
            }
        }
        return lines;
    }

    private static final class Cutter {
        private final String line;
        private int at;

        Cutter(String line) {
            this.line = line;
        }

        List<List<Token>> fields() throws RuleError {
            List<List<Token>> fields = new ArrayList<>();
            List<Token> field = new ArrayList<>();
            while (true) {
                skipBlanks();
                if (at == line.length() || line.charAt(at) == '#') {
                    if (!field.isEmpty()) {
                        throw new RuleError("list", "a comma at the end of the line", "another word behind it");
                    }
                    return fields;
                }
                field.add(word());
                // a list goes on at its comma, blanks around it or not
                int end = at;
                skipBlanks();
                if (at < line.length() && line.charAt(at) == ',') {
                    at++;
                } else {
                    at = end;
                    fields.add(List.copyOf(field));
                    field.clear();
                }
            }
        }

        private Token word() throws RuleError {
            boolean quoted = line.charAt(at) == '"';
            boolean inside = false;
            var text = new StringBuilder();
            while (at < line.length()) {
                char c = line.charAt(at);
                if (c == '"') {
                    boolean doubled = inside && at + 1 < line.length() && line.charAt(at + 1) == '"';
                    if (doubled) {
                        text.append('"');
                        at++;
                    } else {
                        inside = !inside;
                    }
                } else if (!inside && (Character.isWhitespace(c) || c == ',' || c == '#')) {
                    break;
                } else {
                    text.append(c);
                }
                at++;
            }
            if (inside) {
                throw new RuleError("quoted word", "\"" + text, "a double quote at its end, on the same line");
            }
            if (text.length() == 0 && !quoted) {
                throw new RuleError("list", "a comma without a word before it", "a word");
            }
            return new Token(text.toString(), quoted);
        }

        private void skipBlanks() {
            while (at < line.length() && Character.isWhitespace(line.charAt(at))) {
                at++;
            }
        }
    }
}
