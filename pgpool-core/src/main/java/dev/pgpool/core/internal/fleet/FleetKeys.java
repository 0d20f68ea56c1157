package dev.pgpool.core.internal.fleet;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * The names under which PostgreSQL knows a fleet: three classes of advisory locks, a channel, the application name of control
 * sessions.
 *
 * @param slots class of the locks on slots; the object is the slot's number
 * @param servers class of the locks by which a member answers for a server; the object is the server's process id
 * @param members class of the locks that members have; the object is the member's own number
 */
record FleetKeys(int slots, int servers, int members) {
    static FleetKeys of(String fleet) {
        return new FleetKeys(key("slots", fleet), key("servers", fleet), key("members", fleet));
    }

    String channel() {
        return "pgpool_fleet_" + Integer.toHexString(slots);
    }

    String applicationName() {
        return "pgpool fleet " + Integer.toHexString(slots);
    }

    /** Positive, so that it looks the same as a signed and as an unsigned number. */
    private static int key(String kind, String fleet) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256")
                    .digest(("pgpool fleet " + kind + " " + fleet).getBytes(StandardCharsets.UTF_8));
            return ByteBuffer.wrap(digest).getInt() & Integer.MAX_VALUE;
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
