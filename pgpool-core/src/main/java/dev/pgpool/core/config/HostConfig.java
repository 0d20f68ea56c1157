package dev.pgpool.core.config;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One server that has the database.
 *
 * @param host host name, address, or a directory (starting with {@code /}) that holds the server's unix socket, or its
 *     place in the abstract namespace (starting with {@code @})
 * @param port its port
 */
public record HostConfig(String host, int port) {
    private static final Pattern BRACKETED = Pattern.compile("\\[([^]]*)](?::(\\d{1,9}))?");
    private static final Pattern NAME = Pattern.compile("([^:]*):(\\d{1,9})");
    private static final Pattern DIRECTORY = Pattern.compile("(.*):(\\d{1,9})");

    /**
     * Reads {@code name}, {@code name:5432}, {@code [::1]:5432}, {@code ::1}, {@code /directory},
     * {@code /directory:5432} or {@code @name:5432}. Never fails: what makes no sense is found when the configuration is checked.
     *
     * @param defaultPort where the text names none
     */
    static HostConfig parse(String text, int defaultPort) {
        Matcher bracketed = BRACKETED.matcher(text);
        if (bracketed.matches()) {
            return new HostConfig(bracketed.group(1), port(bracketed.group(2), defaultPort));
        }
        Matcher plain = isSocket(text) ? DIRECTORY.matcher(text) : NAME.matcher(text);
        return plain.matches()
                ? new HostConfig(plain.group(1), port(plain.group(2), defaultPort))
                : new HostConfig(text, defaultPort);
    }

    private static int port(@Nullable String digits, int defaultPort) {
        return digits == null ? defaultPort : Integer.parseInt(digits);
    }

    /** Whether this is a name that has to be looked up or an address, and not the place of a unix socket. */
    public boolean isTcp() {
        return !isSocket(host);
    }

    private static boolean isSocket(String host) {
        return host.startsWith("/") || host.startsWith("@");
    }

    void check(String path, Problems problems) {
        problems.require(isSensible(), path, "\"" + host + "\"", "a host name, address or directory");
        problems.range(path + ".port", port, 1, 65_535);
    }

    private boolean isSensible() {
        if (!isTcp()) {
            return true;
        }
        int colon = host.indexOf(':');
        // one colon is a port that is no number, several are an IPv6 address
        return !host.isBlank()
                && host.chars().noneMatch(c -> c <= ' ' || "[]/,".indexOf(c) >= 0)
                && (colon < 0 || colon != host.lastIndexOf(':'));
    }

    /** As in messages: {@code name:5432}, {@code [::1]:5432}, {@code /directory:5432}. */
    @Override
    public String toString() {
        return (isTcp() && host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
    }
}
