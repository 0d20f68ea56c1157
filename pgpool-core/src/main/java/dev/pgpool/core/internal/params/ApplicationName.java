package dev.pgpool.core.internal.params;

import dev.pgpool.core.internal.wire.RawText;
import java.util.Locale;

/**
 * What PostgreSQL makes of an {@code application_name}: it cuts it at 63 bytes and replaces what is no printable ASCII, by a
 * question mark or, since version 16, by {@code \xNN}. So what it tells can be longer than what it takes.
 */
public final class ApplicationName {
    /** As every version of PostgreSQL spells it. */
    public static final String PARAMETER = "application_name";
    /** PostgreSQL's NAMEDATALEN - 1. */
    public static final int LIMIT = 63;

    private ApplicationName() {}

    /** Whether PostgreSQL neither cuts nor cleans the name. */
    public static boolean isTakenAsIs(String raw) {
        return raw.length() <= LIMIT && raw.chars().allMatch(ApplicationName::isClean);
    }

    private static boolean isClean(int c) {
        return c >= ' ' && c < 127;
    }

    /**
     * The value that is to be set where the server should tell this one: escapes are taken back where they have made it too
     * long to be set.
     */
    static String toSet(String told) {
        if (told.length() <= LIMIT) {
            return told;
        }
        StringBuilder raw = new StringBuilder();
        for (int i = 0; i < told.length(); i++) {
            if (told.startsWith("\\x", i) && i + 4 <= told.length()) {
                int b = hex(told, i + 2);
                if (b > 0 && !isClean(b)) {
                    raw.append((char) b);
                    i += 3;
                    continue;
                }
            }
            raw.append(told.charAt(i));
        }
        return raw.toString();
    }

    private static int hex(String text, int at) {
        int high = Character.digit(text.charAt(at), 16);
        int low = Character.digit(text.charAt(at + 1), 16);
        return high < 0 || low < 0 ? -1 : high << 4 | low;
    }

    /**
     * The name as a server would tell it, for bytes that are not valid in its encoding, so that it can't be told to clean
     * them itself.
     *
     * @param version of the server, as it reports it
     */
    public static String cleaned(String raw, String version) {
        boolean escapes = major(version) >= 16;
        StringBuilder clean = new StringBuilder();
        String cut = raw.length() <= LIMIT ? raw : raw.substring(0, LIMIT);
        for (int i = 0; i < cut.length(); i++) {
            char c = cut.charAt(i);
            if (isClean(c)) {
                clean.append(c);
            } else if (escapes) {
                RawText.escape(clean, c);
            } else {
                clean.append('?');
            }
        }
        return clean.toString();
    }

    private static int major(String version) {
        int end = 0;
        while (end < version.length() && Character.isDigit(version.charAt(end))) {
            end++;
        }
        return end == 0 || end > 4 ? 0 : Integer.parseInt(version.substring(0, end));
    }

    /** Whether it is the name of this parameter. */
    public static boolean isNamed(String name) {
        return name.toLowerCase(Locale.ROOT).equals(PARAMETER);
    }
}
