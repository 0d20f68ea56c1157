package dev.pgpool.core.internal.tls;

/** A connection that was encrypted before a reload would not be so today. */
public final class TlsOutdated extends Exception {
    private static final long serialVersionUID = 1L;

    /** @param how the connection was encrypted, in the middle of a sentence */
    TlsOutdated(String how) {
        super("the connection was encrypted " + how + ", before the configuration changed");
    }
}
