package dev.pgpool.core.internal.params;

import java.lang.ref.WeakReference;
import java.util.Collection;
import java.util.Map;
import java.util.WeakHashMap;

/**
 * Interns {@link SessionParameters}. Thread-safe by one lock; touched when a session begins or changes a parameter, not
 * per transaction.
 */
public final class ParameterRegistry {
    private final WeakHashMap<SessionParameters, WeakReference<SessionParameters>> known = new WeakHashMap<>();

    /** The parameters with exactly these settings. */
    public SessionParameters of(Map<String, String> settings) {
        return intern(SessionParameters.of(settings));
    }

    /** What becomes of a session's parameters by these changes. */
    public SessionParameters with(SessionParameters base, Map<String, String> changes) {
        return changes.isEmpty() ? base : intern(base.with(changes));
    }

    /** What becomes of a session's parameters by one change. */
    public SessionParameters with(SessionParameters base, String name, String value) {
        return value.equals(base.get(name)) ? base : intern(base.with(Map.of(name, value)));
    }

    /** What becomes of a session's parameters if it has no opinion on these. */
    public SessionParameters without(SessionParameters base, Collection<String> names) {
        Map<String, String> kept = base.toMap();
        return names.stream().filter(name -> kept.remove(name) != null).count() == 0 ? base : of(kept);
    }

    /** The parameters whose names stand in the other set, too. */
    public SessionParameters onlyNamed(SessionParameters base, SessionParameters names) {
        Map<String, String> kept = base.toMap();
        kept.keySet().removeIf(name -> names.get(name) == null);
        return of(kept);
    }

    private synchronized SessionParameters intern(SessionParameters candidate) {
        WeakReference<SessionParameters> reference = known.get(candidate);
        SessionParameters existing = reference == null ? null : reference.get();
        if (existing != null) {
            return existing;
        }
        Map<String, String> rest = candidate.toMap();
        if (rest.keySet().removeIf(NeutralParameters::isMeaningless)) {
            candidate.means(of(rest));
        }
        known.put(candidate, new WeakReference<>(candidate));
        return candidate;
    }
}
