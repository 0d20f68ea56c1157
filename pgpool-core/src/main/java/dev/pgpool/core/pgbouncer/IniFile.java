package dev.pgpool.core.pgbouncer;

import dev.pgpool.core.auth.EditedText;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The sections of an ini file and of the files that it includes. Says of each value where it stands; what can't be read is
 * among the problems.
 *
 * @see <a href="https://www.pgbouncer.org/config.html">PgBouncer's configuration</a>
 */
final class IniFile {
    private static final int MAX_BYTES = 16 << 20;
    private static final int MAX_DEPTH = 10;
    private static final List<String> SECTIONS = List.of("pgbouncer", "databases", "users", "peers");
    private static final Pattern SECTION = Pattern.compile("\\[([^\\]]*)\\]\\s*");
    private static final Pattern INCLUDE = Pattern.compile("%include\\s+(\\S.*)");
    private static final Pattern ENTRY =
            Pattern.compile("(?:\"((?:[^\"]|\"\")+)\"|(\\*|[A-Za-z0-9_.\\-]+))\\s*=\\s*(.*)", Pattern.DOTALL);

    private final Map<String, Map<String, Value>> sections = new LinkedHashMap<>();
    private final List<String> problems;
    private String section = "";

    private IniFile(List<String> problems) {
        this.problems = problems;
        SECTIONS.forEach(name -> sections.put(name, new LinkedHashMap<>()));
    }

    static IniFile read(Path file, List<String> problems) {
        IniFile ini = new IniFile(problems);
        ini.include(file, file.toString(), 0);
        return ini;
    }

    /** The entries of a section, by key, in order. */
    Map<String, Value> section(String name) {
        return sections.getOrDefault(name, Map.of());
    }

    private void include(Path file, String from, int depth) {
        if (depth > MAX_DEPTH) {
            problems.add(from + ": %include: more than " + MAX_DEPTH + " deep (expected: no circle)");
            return;
        }
        String text;
        try {
            if (Files.size(file) > MAX_BYTES) {
                problems.add(file + ": more than " + MAX_BYTES + " bytes (expected: a configuration file)");
                return;
            }
            text = EditedText.decode(Files.readAllBytes(file));
        } catch (EditedText.NotUtf8 e) {
            problems.add(file + ": " + e.getMessage());
            return;
        } catch (NoSuchFileException e) {
            problems.add(from + ": no such file: " + file + " (expected: a file that this process may read)");
            return;
        } catch (IOException e) {
            problems.add(from + ": " + e + " (expected: a file that this process may read)");
            return;
        }
        int number = 0;
        for (String line : text.split("\n", -1)) {
            number++;
            String content = line.strip();
            if (!content.isEmpty() && content.charAt(0) != ';' && content.charAt(0) != '#') {
                line(content, file + ":" + number, depth);
            }
        }
    }

    private void line(String content, String where, int depth) {
        Matcher include = INCLUDE.matcher(content);
        if (include.matches()) {
            include(Path.of(include.group(1)), where, depth + 1);
            return;
        }
        Matcher header = SECTION.matcher(content);
        if (header.matches()) {
            section = header.group(1).strip().toLowerCase(Locale.ROOT);
            if (!SECTIONS.contains(section)) {
                problems.add(where + ": [" + section + "] (expected: " + bracketed() + ")");
            }
            return;
        }
        Matcher entry = ENTRY.matcher(content);
        if (!entry.matches()) {
            // it may be half a password
            problems.add(where + ": a line that is no entry (expected: key = value, [section], %include or a comment)");
        } else if (section.isEmpty()) {
            problems.add(where + ": an entry before any section (expected: " + bracketed() + " first)");
        } else {
            String quoted = entry.group(1);
            add(quoted == null ? entry.group(2) : quoted.replace("\"\"", "\""), entry.group(3), where);
        }
    }

    private void add(String key, String text, String where) {
        Map<String, Value> entries = sections.get(section);
        if (entries == null) {
            return;
        }
        String known = section.equals("pgbouncer") ? key.toLowerCase(Locale.ROOT) : key;
        Value before = entries.put(known, new Value(known, text.strip(), where));
        if (before != null && !section.equals("pgbouncer")) {
            problems.add(where + ": " + known + ": given twice (expected: once, as in " + before.where() + ")");
        }
    }

    private static String bracketed() {
        return "[" + String.join("], [", new ArrayList<>(SECTIONS)) + "]";
    }
}
