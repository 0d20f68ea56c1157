package dev.pgpool.core.auth;

import java.util.HashMap;
import java.util.Map;

/**
 * Reads PgBouncer's {@code userlist.txt}.
 *
 * <p>Stricter than PgBouncer in two things, each of which would otherwise give a user the wrong secret in silence: a
 * quoted value ends on its line, and between name and secret there is only blank space.
 */
final class Userlist {

    private final String where;
    private final String line;
    private int position;

    private Userlist(String where, String line) {
        this.where = where;
        this.line = line;
    }

    /**
     * Parses the whole content.
     *
     * @param file the name of the file, for messages
     * @throws IllegalArgumentException at the first error: file, line, what was found and what was expected
     */
    static Map<String, Credential> parse(String file, String content) {
        Map<String, Credential> users = new HashMap<>();
        String[] lines = content.split("\r?\n", -1);
        for (int i = 0; i < lines.length; i++) {
            new Userlist(file + ":" + (i + 1), lines[i]).readInto(users);
        }
        return Map.copyOf(users);
    }

    private void readInto(Map<String, Credential> users) {
        skipBlanks();
        if (position == line.length() || line.charAt(position) == ';' || line.charAt(position) == '#') {
            return;
        }
        String user = quoted("user name");
        skipBlanks();
        String secret = quoted("secret");
        try {
            users.put(user, Credential.parse(user, secret));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(where + ": " + e.getMessage(), e);
        }
    }

    /** One value in double quotes; a doubled quote inside stands for one. */
    private String quoted(String what) {
        if (position == line.length()) {
            throw error("the " + what + " is missing (expected: \"user\" \"secret\")");
        }
        // The character found is not shown: an unquoted secret may begin here.
        if (line.charAt(position) != '"') {
            throw error("the " + what + " does not begin with a double quote (expected: \"user\" \"secret\")");
        }
        var value = new StringBuilder();
        int start = position;
        int from = start + 1;
        while (true) {
            int quote = line.indexOf('"', from);
            if (quote < 0) {
                position = start;
                throw error("the " + what + " has no closing double quote on its line");
            }
            value.append(line, from, quote);
            position = quote + 1;
            if (position == line.length() || line.charAt(position) != '"') {
                return value.toString();
            }
            value.append('"');
            from = position + 1;
        }
    }

    private void skipBlanks() {
        while (position < line.length() && Character.isWhitespace(line.charAt(position))) {
            position++;
        }
    }

    private IllegalArgumentException error(String what) {
        return new IllegalArgumentException(where + ", column " + (position + 1) + ": " + what);
    }
}
