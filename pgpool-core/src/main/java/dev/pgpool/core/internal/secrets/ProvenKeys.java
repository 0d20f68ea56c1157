package dev.pgpool.core.internal.secrets;

import dev.pgpool.core.auth.Credential;
import dev.pgpool.core.stats.PoolKey;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What clients have shown by logging in with SCRAM-SHA-256: the key that also proves their password to a server which
 * has the same verifier. Kept for each database and user, in memory only, until the verifier becomes another or the user
 * goes. Thread-safe.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc5802#section-9">RFC 5802, Security considerations</a>, on what a key
 *     is worth to an attacker that has it
 */
public final class ProvenKeys {
    /** Users beyond these have to log in again before new servers can be logged in to as they. */
    private static final int MAX_KEYS = 65_536;

    private final Map<PoolKey, Credential.ScramClientKey> keys = new LinkedHashMap<>(16, 0.75f, true);

    /** Keeps what the user has shown; true if it is news. */
    public synchronized boolean remember(String database, String user, Credential.ScramClientKey key) {
        Credential.ScramClientKey before = keys.put(new PoolKey(database, user), key);
        if (keys.size() > MAX_KEYS) {
            var eldest = keys.keySet().iterator();
            eldest.next();
            eldest.remove();
        }
        return !key.equals(before);
    }

    /** Takes notice of the secret that the user has now: a key of another one is forgotten. */
    public synchronized void check(String database, String user, Optional<Credential> now) {
        PoolKey owner = new PoolKey(database, user);
        Credential.ScramClientKey key = keys.get(owner);
        if (key != null && !now.equals(Optional.of(key.verifier()))) {
            keys.remove(owner);
        }
    }

    /** The key that belongs to this verifier, null if no client has shown it. */
    public synchronized Credential.@Nullable ScramClientKey find(
            String database, String user, Credential.ScramVerifier verifier) {
        Credential.ScramClientKey key = keys.get(new PoolKey(database, user));
        return key != null && key.verifier().equals(verifier) ? key : null;
    }
}
