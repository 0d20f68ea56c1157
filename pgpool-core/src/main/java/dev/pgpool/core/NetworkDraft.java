package dev.pgpool.core;

import dev.pgpool.core.config.DnsConfig;
import dev.pgpool.core.config.FleetConfig;
import dev.pgpool.core.config.PeerConfig;
import dev.pgpool.core.config.PeersConfig;
import dev.pgpool.core.config.TcpConfig;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Names, connections and other poolers, as far as a {@link PgPoolBuilder} has been told. Not checked. */
final class NetworkDraft {
    Duration dnsMaxTtl = DnsConfig.DEFAULT.maxTtl();
    Duration dnsNxdomainTtl = DnsConfig.DEFAULT.nxdomainTtl();
    int peerId;
    final Map<Integer, PeerConfig> peers = new LinkedHashMap<>();
    TcpConfig tcp = TcpConfig.DEFAULT;
    Optional<FleetConfig> fleet = Optional.empty();

    DnsConfig dns() {
        return new DnsConfig(dnsMaxTtl, dnsNxdomainTtl);
    }

    PeersConfig peers() {
        return new PeersConfig(peerId, peers);
    }
}
