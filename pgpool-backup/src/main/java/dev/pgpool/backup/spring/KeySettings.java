package dev.pgpool.backup.spring;

import dev.pgpool.backup.config.BackupKeys;
import java.util.LinkedHashMap;
import java.util.Map;

/** The keys of the encryption, as properties say them. */
final class KeySettings {
    private String current = "";
    private final Map<String, String> keys = new LinkedHashMap<>();

    /** Required where there are several keys. The id of the key for new backups. */
    public KeySettings current(String id) {
        current = id;
        return this;
    }

    /** Required: a key, by its id; 64 hex digits. */
    public KeySettings key(String id, String secret) {
        keys.put(id, secret);
        return this;
    }

    BackupKeys fixed() {
        boolean only = current.isEmpty() && keys.size() == 1;
        return BackupKeys.fixed(only ? keys.keySet().iterator().next() : current, keys);
    }
}
