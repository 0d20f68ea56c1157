package dev.pgpool.certwatch.spring;

import dev.pgpool.certwatch.CertWatchBuilder;
import dev.pgpool.certwatch.finding.Level;
import dev.pgpool.certwatch.finding.Mute;
import dev.pgpool.certwatch.target.Thresholds;
import dev.pgpool.certwatch.trust.RevocationPolicy;
import dev.pgpool.certwatch.trust.TrustSource;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * What the methods of {@link CertWatchBuilder} take as values, in words that properties have; and what belongs to the application.
 * Of the same shape as a builder, so that it is read and described in the same way.
 */
final class HostSettings {
    private final List<Consumer<CertWatchBuilder>> said = new ArrayList<>();
    private Level downFrom = Level.CRITICAL;

    /** Default true. Whether there is a watch at all. */
    @SuppressWarnings("UnusedVariable") // a condition reads it
    public HostSettings enabled(boolean enabled) {
        return this;
    }

    /** Default true. Whether the watch's figures are bound to the application's meter registry. */
    @SuppressWarnings("UnusedVariable") // a condition reads it
    public HostSettings meters(boolean bound) {
        return this;
    }

    /** Default CRITICAL. The level of the worst certificate from which health is down. */
    public HostSettings healthDownFrom(Level level) {
        downFrom = level;
        return this;
    }

    /** Default none. URLs of what is watched, as in https://example.org, postgres://db1:5432 or file:/etc/tls/*.pem. */
    public HostSettings targets(String... urls) {
        List<String> all = List.of(urls);
        said.add(builder -> all.forEach(builder::target));
        return this;
    }

    /** Default none. Kinds of findings that do not count, each for good or as in SELF_SIGNED:2027-01-31. */
    public HostSettings mute(String... codes) {
        List<Mute> mutes = List.of(codes).stream()
                .flatMap(code -> Mute.parse(code).stream())
                .toList();
        said.add(builder -> mutes.forEach(builder::mute));
        return this;
    }

    /** Default: those of this Java. Where trust anchors come from. */
    public HostSettings trust(Consumer<TrustSettings> description) {
        TrustSettings settings = new TrustSettings();
        description.accept(settings);
        TrustSource trust = settings.source();
        said.add(builder -> builder.trust(trust));
        return this;
    }

    /** Default: 30 and 7 days, or a share of shorter lifetimes. How long before expiry alarms are raised. */
    public HostSettings thresholds(Consumer<ThresholdSettings> description) {
        ThresholdSettings settings = new ThresholdSettings();
        description.accept(settings);
        Thresholds thresholds = settings.thresholds();
        said.add(builder -> builder.thresholds(thresholds));
        return this;
    }

    /** Default: stapled responses only. How revocation is checked. */
    public HostSettings revocation(Consumer<RevocationSettings> description) {
        RevocationSettings settings = new RevocationSettings();
        description.accept(settings);
        RevocationPolicy policy = settings.policy();
        said.add(builder -> builder.revocation(policy));
        return this;
    }

    void applyTo(CertWatchBuilder builder) {
        said.forEach(what -> what.accept(builder));
    }

    Level downFrom() {
        return downFrom;
    }
}
