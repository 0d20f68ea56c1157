package dev.pgpool.core.internal.prepared;

import java.nio.charset.StandardCharsets;

/**
 * A prepared statement as PostgreSQL understands it: text and parameter types, whatever clients call it. Interned by
 * {@link StatementRegistry}, so identity is equality. Immutable.
 */
public final class Statement {
    private final long id;
    private final byte[] serverName;
    private final byte[] parseBody;
    private final int hash;

    Statement(long id, byte[] parseBody, int hash) {
        this.id = id;
        this.serverName = ("pgpool_" + id).getBytes(StandardCharsets.US_ASCII);
        this.parseBody = parseBody;
        this.hash = hash;
    }

    public long id() {
        return id;
    }

    /** Its name on every server of the pool. Not to be written to. */
    public byte[] serverName() {
        return serverName;
    }

    /** Query text, zero byte, number of types and types: a Parse message behind the name. Not to be written to. */
    public byte[] parseBody() {
        return parseBody;
    }

    int contentHash() {
        return hash;
    }

    @Override
    public String toString() {
        return "pgpool_" + id;
    }
}
