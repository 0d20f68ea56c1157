package dev.pgpool.certwatch.internal.document;

/** Text that is no document, and why. Stackless: it is an outcome, not a defect. */
public final class DocumentException extends Exception {

    private static final long serialVersionUID = 1L;

    DocumentException(String detail) {
        super(detail, null, false, false);
    }
}
