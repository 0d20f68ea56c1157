package dev.pgpool.certwatch.internal.judge;

import dev.pgpool.certwatch.finding.Finding;
import dev.pgpool.certwatch.report.CertificateFacts;
import dev.pgpool.certwatch.report.Expiry;
import java.util.List;

/**
 * What an inspection means at one instant.
 *
 * @param expiry the figures
 * @param findings those of the inspection and those of the dates
 * @param chain the certificates as served
 */
public record Verdict(Expiry expiry, List<Finding> findings, List<CertificateFacts> chain) {

    public Verdict {
        findings = List.copyOf(findings);
        chain = List.copyOf(chain);
    }
}
