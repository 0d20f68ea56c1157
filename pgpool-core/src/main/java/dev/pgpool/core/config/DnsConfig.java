package dev.pgpool.core.config;

import java.time.Duration;

/**
 * How long answers of the name service are believed. Beneath it lies the cache of the Java runtime ({@code
 * networkaddress.cache.ttl} and {@code networkaddress.cache.negative.ttl}, 30 s and 10 s unless the host application
 * says otherwise), so that a change is seen after both at the latest.
 *
 * @param maxTtl how long the addresses of a name are kept; zero looks up each time
 * @param nxdomainTtl how long a name that has none, or whose lookup failed, is remembered; zero tries each time
 */
public record DnsConfig(Duration maxTtl, Duration nxdomainTtl) {
    /** What applies where nothing else is said: 15 s each. */
    public static final DnsConfig DEFAULT = new DnsConfig(Duration.ofSeconds(15), Duration.ofSeconds(15));

    void check(Problems problems) {
        problems.notNegative("dnsMaxTtl", maxTtl);
        problems.notNegative("dnsNxdomainTtl", nxdomainTtl);
    }
}
