package dev.pgpool.certwatch.internal.discover;

import dev.pgpool.certwatch.finding.Finding;
import dev.pgpool.certwatch.target.CertTarget;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one reading of a set gave.
 *
 * @param targets its members now; absent if that could not be found out, and then the former ones stay
 * @param findings about the reading
 */
public record SetMembers(@Nullable List<CertTarget> targets, List<Finding> findings) {

    public SetMembers {
        targets = targets == null ? null : List.copyOf(targets);
        findings = List.copyOf(findings);
    }

    static SetMembers unknown(Finding why) {
        return new SetMembers(null, List.of(why));
    }
}
