package dev.pgpool.certwatch.internal.starttls;

import dev.pgpool.certwatch.finding.Finding;
import dev.pgpool.certwatch.finding.FindingCode;

/** A peer that will not come to TLS, and why. Stackless: it is an outcome, not a defect. */
public final class NegotiationException extends Exception {

    private static final long serialVersionUID = 1L;

    private final FindingCode code;
    private final String detail;

    /** An outcome with the finding it becomes. */
    public NegotiationException(FindingCode code, String detail) {
        super(detail, null, false, false);
        this.code = code;
        this.detail = detail;
    }

    /** The finding for the report. */
    public Finding finding() {
        return Finding.of(code, detail);
    }
}
