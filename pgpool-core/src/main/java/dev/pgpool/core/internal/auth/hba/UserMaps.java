package dev.pgpool.core.internal.auth.hba;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * User maps as in {@code pg_ident.conf}: which names outside (of certificates, of the operating system) may be which
 * users.
 *
 * <pre>
 *   map       system-user             database-user
 *   people    "Alice Example"         alice
 *   people    /^(.*)@example\.com$    \1
 *   ops       root                    all
 * </pre>
 *
 * @see <a href="https://www.postgresql.org/docs/current/auth-username-maps.html">User Name Maps</a>
 */
final class UserMaps {

    static final UserMaps NONE = new UserMaps(Map.of());

    private final Map<String, List<Entry>> maps;

    private UserMaps(Map<String, List<Entry>> maps) {
        this.maps = maps;
    }

    /** Reads all lines; broken ones are reported. */
    static UserMaps parse(String file, String content, List<String> problems) {
        Map<String, List<Entry>> maps = new LinkedHashMap<>();
        for (RuleLine line : RuleLine.read(file, content, problems)) {
            try {
                Token map = word(line, 0, "map", "a name");
                Entry entry = Entry.of(
                        word(line, 1, "system user", "a name or /regex"),
                        word(line, 2, "database user", "a name, all or /regex"));
                if (line.fields().size() > 3) {
                    throw new RuleError("line", Token.shown(line.fields().get(3)), "three words");
                }
                maps.computeIfAbsent(map.text(), name -> new ArrayList<>()).add(entry);
            } catch (RuleError e) {
                problems.add(file + ":" + line.number() + ": " + e.getMessage());
            }
        }
        return new UserMaps(maps);
    }

    boolean has(String map) {
        return maps.containsKey(map);
    }

    /** Whether the owner of this name outside may be this user. */
    boolean allows(String map, String systemUser, String user) {
        return maps.getOrDefault(map, List.of()).stream().anyMatch(entry -> entry.allows(systemUser, user));
    }

    private static Token word(RuleLine line, int at, String what, String expected) throws RuleError {
        if (at >= line.fields().size()) {
            throw new RuleError(what, "the end of the line", expected);
        }
        List<Token> field = line.fields().get(at);
        if (field.size() > 1) {
            throw new RuleError(what, Token.shown(field), "one word, no list");
        }
        return field.get(0);
    }

    /**
     * A line of a map.
     *
     * @param system a name outside, or the expression that finds it
     * @param anyUser whether it may be any user
     * @param user the user, or an expression for its name, or a template with {@code \1} for what was found outside
     */
    private record Entry(NamePattern system, boolean anyUser, NamePattern user) {
        private static final String GROUP = "\\1";

        static Entry of(Token system, Token user) throws RuleError {
            NamePattern outside = NamePattern.of(system, "system user");
            if (user.isMarked('+')) {
                throw new RuleError(
                        "database user", "\"" + user.text() + "\"", "no roles: the pooler does not know their members");
            }
            Pattern regex = outside.regex();
            boolean hasGroup = regex != null && regex.matcher("").groupCount() > 0;
            if (regex != null && user.text().contains(GROUP) && !hasGroup) {
                throw new RuleError(
                        "database user", "\"" + user.text() + "\"", "a group in parentheses in " + system.text());
            }
            return new Entry(outside, user.isKeyword("all"), NamePattern.of(user, "database user"));
        }

        boolean allows(String systemUser, String candidate) {
            Pattern regex = system.regex();
            if (regex == null) {
                return system.name().equals(systemUser) && (anyUser || user.matches(candidate));
            }
            Matcher found = regex.matcher(systemUser);
            return found.find() && (anyUser || matches(found, candidate));
        }

        private boolean matches(Matcher found, String candidate) {
            if (!user.name().contains(GROUP)) {
                return user.matches(candidate);
            }
            @Nullable String group = found.group(1);
            String text = group == null ? "" : group;
            Pattern regex = user.regex();
            if (regex == null) {
                return user.name().replace(GROUP, text).equals(candidate);
            }
            // what was found outside stands for itself, whatever characters it has
            return Pattern.compile(user.name().substring(1).replace(GROUP, Pattern.quote(text)))
                    .matcher(candidate)
                    .find();
        }
    }
}
