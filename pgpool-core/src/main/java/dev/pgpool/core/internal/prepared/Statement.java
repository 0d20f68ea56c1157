package dev.pgpool.core.internal.prepared;

import dev.pgpool.core.internal.sql.SessionEffects;
import java.nio.charset.StandardCharsets;

/**
 * A prepared statement as PostgreSQL understands it: text, parameter types, and the settings under which the text is
 * read (a time literal means something else under another TimeZone), whatever clients call it. Interned by {@link
 * StatementRegistry}, so identity is equality. Immutable, but that it may go stale; thread-safe.
 */
public final class Statement {
    private final byte[] serverName;
    private final byte[] parseBody;
    private final Object meaning;
    private final SessionEffects effects;
    private final boolean timeless;
    private final boolean open;
    private final ParameterTypes types;
    private final int hash;
    private volatile boolean stale;

    Statement(
            String name,
            byte[] parseBody,
            Object meaning,
            SessionEffects effects,
            boolean timeless,
            ParameterTypes types,
            int hash) {
        this.meaning = meaning;
        this.effects = effects;
        this.timeless = timeless;
        this.types = types;
        this.open = ParameterTypes.areOpen(parseBody);
        this.serverName = name.getBytes(StandardCharsets.US_ASCII);
        this.parseBody = parseBody;
        this.hash = hash;
    }

    /** Its name on every server of the pool. Not to be written to. */
    public byte[] serverName() {
        return serverName;
    }

    /** Query text, zero byte, number of types and types: a Parse message behind the name. Not to be written to. */
    public byte[] parseBody() {
        return parseBody;
    }

    /** The settings that the text was, or is to be, read under. Compared by identity. */
    public Object meaning() {
        return meaning;
    }

    /** What running it may do to the session. */
    public SessionEffects effects() {
        return effects;
    }

    /** Whether it leaves types of its parameters to the server: they are settled by the catalog of the moment. */
    public boolean isOpen() {
        return open;
    }

    ParameterTypes types() {
        return types;
    }

    /** Whether its text means the same at any time: that of a transaction command. */
    public boolean isTimeless() {
        return timeless;
    }

    /**
     * What it returns is not what it was when it was parsed ({@code cached plan must not change result type}): no server's
     * copy of it is of use any more. The same text makes another statement from now on.
     */
    public void goStale() {
        stale = true;
    }

    public boolean isStale() {
        return stale;
    }

    int contentHash() {
        return hash;
    }

    @Override
    public String toString() {
        return new String(serverName, StandardCharsets.US_ASCII);
    }
}
