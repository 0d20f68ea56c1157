package dev.pgpool.core.stats;

import java.net.InetAddress;
import java.time.Duration;
import java.util.List;

/**
 * What is known of a server's name.
 *
 * @param name the name
 * @param remaining for how long it is still believed; zero if it will be looked up again before its next use
 * @param addresses those that the name service gave last; none if it has not answered
 */
public record DnsInfo(String name, Duration remaining, List<InetAddress> addresses) {
    public DnsInfo {
        addresses = List.copyOf(addresses);
    }
}
