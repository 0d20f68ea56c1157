package dev.pgpool.certwatch.config;

import static java.util.Objects.requireNonNull;

import dev.pgpool.certwatch.finding.Mute;
import dev.pgpool.certwatch.target.CertTarget;
import dev.pgpool.certwatch.target.Thresholds;
import dev.pgpool.certwatch.trust.RevocationPolicy;
import dev.pgpool.certwatch.trust.TrustSource;
import java.time.Duration;
import java.util.List;

/**
 * Everything a {@link dev.pgpool.certwatch.CertWatch} was told, immutable. Made by {@link dev.pgpool.certwatch.CertWatchBuilder}, whose methods give the defaults.
 *
 * @param targets what to watch from the start
 * @param probing how one probe is done
 * @param schedule when probes happen
 * @param judging what counts as bad
 * @param notices when a person hears of it
 * @param exposure what is shown to programs
 */
public record CertWatchConfig(
        List<CertTarget> targets,
        Probing probing,
        Schedule schedule,
        Judging judging,
        Notices notices,
        Exposure exposure) {

    public CertWatchConfig {
        targets = List.copyOf(targets);
        requireNonNull(probing, "probing");
        requireNonNull(schedule, "schedule");
        requireNonNull(judging, "judging");
        requireNonNull(notices, "notices");
        requireNonNull(exposure, "exposure");
    }

    /**
     * How one probe is done.
     *
     * @param resolveTimeout limit for finding the addresses
     * @param connectTimeout limit for the TCP connection to one address, and to a proxy
     * @param negotiateTimeout limit for what comes before TLS
     * @param handshakeTimeout limit for the TLS handshake
     * @param deadline limit for everything together
     * @param maxAddresses at most this many addresses of a name
     * @param checkClock ask HTTPS targets for their time by a HEAD request
     * @param nativeTls use BoringSSL where it is on the class path
     */
    public record Probing(
            Duration resolveTimeout,
            Duration connectTimeout,
            Duration negotiateTimeout,
            Duration handshakeTimeout,
            Duration deadline,
            int maxAddresses,
            boolean checkClock,
            boolean nativeTls) {}

    /**
     * When probes happen.
     *
     * @param interval between two probes of a target
     * @param shortestInterval the interval never gets shorter than this for a certificate that ends soon
     * @param firstSweep the first probes are spread over this time
     * @param recheck a target that got worse is probed again after this time, at most twice in a row
     * @param discovery between two readings of a {@link dev.pgpool.certwatch.target.TargetSet}
     * @param maxInFlight probes under way at once
     * @param maxPerHost probes under way at once to one host
     */
    public record Schedule(
            Duration interval,
            Duration shortestInterval,
            Duration firstSweep,
            Duration recheck,
            Duration discovery,
            int maxInFlight,
            int maxPerHost) {}

    /**
     * What counts as bad.
     *
     * @param trust anchors for targets that have none of their own
     * @param thresholds for targets that have none of their own
     * @param revocation how revocation is checked
     * @param staleGrace a renewed file may differ from what is served for this long
     * @param mutes kinds of findings that do not count at any target
     * @param keepCertificates keep the certificates themselves, in DER
     */
    public record Judging(
            TrustSource trust,
            Thresholds thresholds,
            RevocationPolicy revocation,
            Duration staleGrace,
            List<Mute> mutes,
            boolean keepCertificates) {
        public Judging {
            mutes = List.copyOf(mutes);
        }
    }

    /**
     * When a person hears of it.
     *
     * @param repeat a bad target is reported again after this time; zero for never
     * @param failuresBeforeNotice probes in a row that must fail before an unreachable target is reported; dates and trust
     *     are facts and are reported at once
     */
    public record Notices(Duration repeat, int failuresBeforeNotice) {}

    /**
     * What is shown to programs.
     *
     * @param certificateSeries at most so many certificates have meters of their own
     */
    public record Exposure(int certificateSeries) {}
}
