package dev.pgpool.certwatch.internal.judge;

import dev.pgpool.certwatch.finding.Finding;

/** A chain whose leaf cannot be read. Stackless: it is an outcome, not a defect. */
public final class UnreadableChainException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final transient Finding finding;

    UnreadableChainException(Finding finding) {
        super(finding.message(), null, false, false);
        this.finding = finding;
    }

    /** The finding for the report. */
    public Finding finding() {
        return finding;
    }
}
