package dev.pgpool.core.config;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * The other poolers behind the same address: cancel requests that arrive at the wrong one are forwarded.
 *
 * @param id which of them this one is; 0 if it has no peers
 * @param peers the others, by their ids; an entry for this one is allowed and not used
 */
public record PeersConfig(int id, Map<Integer, PeerConfig> peers) {
    /** As PgBouncer's. */
    static final int MOST = 16_383;

    /** A number of a client must have room beside the peer's id. */
    static final int MOST_CLIENTS = 100_000;

    /** It is alone. */
    public static final PeersConfig NONE = new PeersConfig(0, Map.of());

    public PeersConfig {
        peers = Collections.unmodifiableMap(new TreeMap<>(peers));
    }

    void check(Problems problems) {
        problems.range("peers.id", id, 0, MOST);
        problems.require(id != 0 || peers.isEmpty(), "peers.id", "0", "1 to " + MOST + ", since there are peers");
        peers.values().forEach(peer -> peer.check(problems));
    }
}
