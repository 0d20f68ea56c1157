package dev.pgpool.certwatch.internal.discover;

import dev.pgpool.certwatch.target.TargetSet;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Reads sets. Keeps a little of each between readings, so that a directory whose files have not changed costs one listing.
 * Thread-safe for different sets; one set is read by one thread at a time.
 */
public final class Discovery {

    private final Map<String, FileSet> files = new ConcurrentHashMap<>();
    private final Map<String, TargetList> lists = new ConcurrentHashMap<>();

    /** The members of a set now. */
    public SetMembers read(TargetSet set) {
        return switch (set.kind()) {
            case FILES ->
                files.computeIfAbsent(set.name(), name -> new FileSet()).read(set);
            case LIST ->
                lists.computeIfAbsent(set.name(), name -> new TargetList()).read(set);
        };
    }

    /** Forgets a set that is watched no longer. */
    public void forget(String name) {
        files.remove(name);
        lists.remove(name);
    }
}
