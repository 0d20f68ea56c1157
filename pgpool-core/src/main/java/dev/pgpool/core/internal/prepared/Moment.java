package dev.pgpool.core.internal.prepared;

/**
 * When a transaction ended, for all names that were given in it: copies on other servers that are older may have been parsed
 * without what the transaction did to the catalog. Confined to the event loop of the client.
 */
public final class Moment {
    /** Of a text that means the same at any time. */
    static final Moment ANY = new Moment(Long.MIN_VALUE);

    /** Of a name whose Parse the server has not answered. */
    static final Moment NONE = new Moment(Long.MAX_VALUE);

    private long at;

    /** Of a transaction that is open. */
    public Moment() {
        this(Long.MAX_VALUE);
    }

    private Moment(long at) {
        this.at = at;
    }

    /**
     * The transaction is over.
     *
     * @param clock what the clock of the statements' registry shows, advanced for this
     */
    public void is(long clock) {
        at = clock;
    }

    long at() {
        return at;
    }
}
