package dev.pgpool.backup.internal.catalog;

import dev.pgpool.backup.catalog.BackupId;
import dev.pgpool.backup.internal.stream.Digests;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where in the store things are; the only place that knows. Names of clusters and databases may hold anything, so every byte
 * that is no letter, digit, underscore or hyphen becomes {@code ~} and two hex digits: {@code a/b.c} is {@code a~2Fb~2Ec}.
 * (With {@code %} instead, proxies and servers disagree about how often to decode.)
 */
public final class KeyLayout {

    /** Name of the object that makes a backup exist. */
    public static final String MANIFEST = "manifest.json";

    /** Name of the roles and other globals. */
    public static final String GLOBALS = "globals.sql";

    private static final Pattern BACKUP =
            Pattern.compile("([^/.][^/]*)/\\d{4}/\\d{2}/(\\d{8}T\\d{6}Z-[0-9a-f]{8})/([a-z.]+)");

    private final String prefix;
    private final String root;
    private final String cluster;

    /**
     * A layout.
     *
     * @param prefix in the store, without slashes at its ends; may be empty
     * @param cluster name of the server
     */
    public KeyLayout(String prefix, String cluster) {
        this.prefix = prefix;
        this.cluster = cluster;
        this.root = (prefix.isEmpty() ? "" : prefix + "/") + "v1/" + encode(cluster) + "/";
    }

    /** An object of a backup, taken apart. */
    public record BackupKey(String database, BackupId id, String file) {}

    /** Name of the server. */
    public String cluster() {
        return cluster;
    }

    /** Prefix of everything of this cluster. */
    public String root() {
        return root;
    }

    /** Prefix of all backups of a database; ends in a slash, so that {@code app} is no prefix of {@code app_test}. */
    public String database(String database) {
        return root + encode(database) + "/";
    }

    /** Prefix of one backup. */
    public String backup(String database, BackupId id) {
        return database(database) + id.value().substring(0, 4) + "/"
                + id.value().substring(4, 6) + "/" + id + "/";
    }

    /** Key of the lease of this name, which may hold anything. */
    public String lease(String name) {
        String digest = Digests.sha256Hex(name.getBytes(StandardCharsets.UTF_8)).substring(0, 16);
        return root + ".lease/" + digest + ".json";
    }

    /** Prefix of a probe's objects. */
    public String probe() {
        return probe(prefix);
    }

    /** Prefix of a probe's objects, whatever the cluster. */
    public static String probe(String prefix) {
        return (prefix.isEmpty() ? "" : prefix + "/") + "v1/.probe/";
    }

    /** Key of a pin. */
    public String pin(String database, BackupId id) {
        return root + ".state/pins/" + encode(database) + "/" + id + ".json";
    }

    /** Key of what the last verification found. */
    public String verified(String database, BackupId id) {
        return root + ".state/verified/" + encode(database) + "/" + id + ".json";
    }

    /** Key of what is known of the last run. */
    public String lastRun() {
        return state() + "last-run.json";
    }

    /** Prefix of pins and verifications. */
    public String state() {
        return root + ".state/";
    }

    /** A key of this cluster as an object of a backup, or empty if it is none of ours. */
    public Optional<BackupKey> parse(String key) {
        if (!key.startsWith(root)) {
            return Optional.empty();
        }
        Matcher matcher = BACKUP.matcher(key.substring(root.length()));
        if (!matcher.matches() || !BackupId.isValid(matcher.group(2))) {
            return Optional.empty();
        }
        String database = decode(matcher.group(1));
        BackupId id = new BackupId(matcher.group(2));
        // Only what this layout itself would have written there.
        return key.equals(backup(database, id) + matcher.group(3))
                ? Optional.of(new BackupKey(database, id, matcher.group(3)))
                : Optional.empty();
    }

    /** A name as a segment of a key. */
    public static String encode(String name) {
        StringBuilder text = new StringBuilder();
        for (byte b : name.getBytes(StandardCharsets.UTF_8)) {
            char c = (char) (b & 0xff);
            boolean plain =
                    (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
            if (plain) {
                text.append(c);
            } else {
                text.append('~').append(String.format("%02X", (int) c));
            }
        }
        return text.toString();
    }

    /** The name that a segment of a key stands for. */
    public static String name(String segment) {
        return decode(segment);
    }

    static String decode(String segment) {
        byte[] bytes = new byte[segment.length()];
        int n = 0;
        for (int i = 0; i < segment.length(); i++) {
            char c = segment.charAt(i);
            if (c == '~' && i + 2 < segment.length() && hex(segment.charAt(i + 1)) && hex(segment.charAt(i + 2))) {
                bytes[n++] = (byte) Integer.parseInt(segment.substring(i + 1, i + 3), 16);
                i += 2;
            } else {
                bytes[n++] = (byte) c;
            }
        }
        return new String(bytes, 0, n, StandardCharsets.UTF_8);
    }

    private static boolean hex(char c) {
        return Character.digit(c, 16) >= 0;
    }
}
