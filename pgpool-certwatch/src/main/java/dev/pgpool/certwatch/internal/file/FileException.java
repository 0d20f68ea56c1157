package dev.pgpool.certwatch.internal.file;

import dev.pgpool.certwatch.finding.Finding;
import dev.pgpool.certwatch.finding.FindingCode;

/** A file that gives no certificates, and why. Stackless: it is an outcome, not a defect. */
public final class FileException extends Exception {

    private static final long serialVersionUID = 1L;

    private final FindingCode code;
    private final String detail;

    FileException(FindingCode code, String detail) {
        super(detail, null, false, false);
        this.code = code;
        this.detail = detail;
    }

    /** The finding for the report. */
    public Finding finding() {
        return Finding.of(code, detail);
    }
}
