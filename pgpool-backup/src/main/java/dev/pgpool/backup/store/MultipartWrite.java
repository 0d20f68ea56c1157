package dev.pgpool.backup.store;

import java.util.List;

/**
 * An object being written in parts. Invisible under its key until {@link #complete}. {@link #put} may be called by several
 * threads at once and for one part again; the other methods by one thread, after all puts have returned.
 */
public interface MultipartWrite {

    /** The store's name for this write. */
    String id();

    /**
     * Sends one part and waits until the store has it.
     *
     * @throws StoreException if it could not; a retryable one means the same part may be sent again
     */
    PartReceipt put(Part part);

    /**
     * Makes the object visible, and asks the store what it now has.
     *
     * @param parts all receipts, in order of their numbers
     * @return the object as the store describes it after completion
     * @throws StoreException with kind INTEGRITY if the store's object is not the sum of the parts
     */
    StoredObject complete(List<PartReceipt> parts);

    /** Gives the write up and frees what the store kept of it. Does nothing if it is gone already. */
    void abort();
}
