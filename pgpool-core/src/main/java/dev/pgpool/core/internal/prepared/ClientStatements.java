package dev.pgpool.core.internal.prepared;

import dev.pgpool.core.internal.sql.SessionEffects;
import dev.pgpool.core.internal.sql.StatementNames;
import dev.pgpool.core.internal.wire.MessageReader;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A client's names for statements. Found by the bytes of the name in place, so a lookup makes no garbage. Confined to
 * the event loop of the client.
 */
public final class ClientStatements {
    /** One name of one client. */
    public static final class Named {
        private final byte[] name;
        private final int hash;
        private final Statement parsed;
        private final long batch;
        private Statement statement;
        private Moment since;
        private @Nullable Copy copy;
        private int @Nullable [] types;
        private @Nullable Statement apart;
        private @Nullable Object apartUnder;
        private int shape;
        private long home;
        private @Nullable Named next;

        Named(byte[] name, int hash, Statement statement, long batch) {
            this.name = name;
            this.hash = hash;
            this.parsed = statement;
            this.batch = batch;
            this.statement = statement;
            this.since = statement.isTimeless() ? Moment.ANY : Moment.NONE;
        }

        /** The batch in which the client's Parse was sent. */
        public long batch() {
            return batch;
        }

        /** What the client's Parse made. */
        public Statement parsed() {
            return parsed;
        }

        /** What it stands for now. */
        public Statement statement() {
            return statement;
        }

        /** From now on the name stands for the same text under other settings. */
        public void become(Statement other) {
            statement = other;
        }

        /** Whether the server of this session has the statement under the client's own name. */
        public boolean isNativeIn(long session) {
            return home == session;
        }

        /** The server of this session has the statement under the client's own name; 0 if none has. */
        public void nativeIn(long session) {
            home = session;
        }

        /** The name as a string of which each character is a byte. */
        public String text() {
            return new String(name, StandardCharsets.ISO_8859_1);
        }

        /** From which age on a server's copy is good for it. */
        long since() {
            return since.at();
        }

        /** The server has answered its Parse, in the transaction that ends then. */
        public void parsedIn(Moment transaction) {
            if (since == Moment.NONE) {
                since = transaction;
            }
        }

        /** Whether the copy was parsed no earlier than the client's own Parse. */
        public boolean accepts(Copy found) {
            return found.isGoodFor(this);
        }

        /**
         * The types of its parameters, as the server inferred them when the client's Parse came: they stay, whatever becomes of
         * the tables. Null if the server has not been asked for them, or has not answered.
         */
        public int @Nullable [] types() {
            return types;
        }

        /**
         * The server has said which parameters it takes.
         *
         * @param made the copy that it was asked for; null if there is none
         */
        public void takes(ByteBuf description, int bodyIndex, int bodyEnd, @Nullable Copy made) {
            int[] settled = parsed.types().shared(ParameterTypes.read(description, bodyIndex, bodyEnd));
            types = settled;
            if (made != null) {
                made.takes(settled);
            }
        }

        /** The copy that was parsed for this name last. */
        public @Nullable Copy copy() {
            return copy;
        }

        /** A copy was parsed for this name. */
        public void copied(Copy made) {
            copy = made;
        }

        /**
         * The statement that this name stands for alone, while the client has what no other client shares; null if there is
         * none for these settings.
         */
        public @Nullable Statement apart(Object settings) {
            return apartUnder == settings ? apart : null;
        }

        /** The name stands for a statement that is no other name's. */
        public void becomeApart(Statement alone, Object settings) {
            apart = alone;
            apartUnder = settings;
            statement = alone;
        }

        /** What the client was told of the rows that it returns, see {@link RowShape}; 0 if it was told nothing. */
        public int shape() {
            return shape;
        }

        /** The client is told of the rows that it returns; 0 if that is not true any more. */
        public void shapeBecame(int told) {
            shape = told;
        }

        /** The body of a Parse that repeats it, with the types of its parameters if they are known. Not to be written to. */
        public byte[] body() {
            int[] settled = types;
            byte[] body = statement.parseBody();
            return settled != null && statement.isOpen() ? ParameterTypes.body(body, settled) : body;
        }

        /** What the client calls it. Not to be written to. */
        public byte[] name() {
            return name;
        }
    }

    /** PostgreSQL does not look further at a name. */
    private static final int SIGNIFICANT_BYTES = StatementNames.SIGNIFICANT_BYTES;

    /** An array larger than this is not kept for the next unnamed statement. */
    private static final int UNNAMED_KEPT = 4_096;

    static final byte[] NONE = new byte[0];

    private @Nullable Named[] table = new Named[8];
    private int size;
    private byte[] unnamed = NONE;
    private int unnamedLength;
    private SessionEffects unnamedEffects = SessionEffects.NONE;
    private long unnamedVersion;
    private long unnamedVersions;
    private long longVersion = -1;

    /** The entry of the name in this region, or null. */
    public @Nullable Named find(ByteBuf buf, int from, int behind) {
        int to = Math.min(behind, from + SIGNIFICANT_BYTES);
        int hash = MessageReader.hash(buf, from, to);
        for (Named n = table[hash & table.length - 1]; n != null; n = n.next) {
            if (n.hash == hash && MessageReader.equal(buf, from, to, n.name)) {
                return n;
            }
        }
        return null;
    }

    /** The entry of a name of which each character is a byte, or null. */
    public @Nullable Named find(String bytes) {
        ByteBuf name = Unpooled.wrappedBuffer(bytes.getBytes(StandardCharsets.ISO_8859_1));
        return find(name, 0, name.writerIndex());
    }

    /** All names that the client has. */
    public List<Named> all() {
        List<Named> all = new ArrayList<>(size);
        for (Named head : table) {
            for (Named n = head; n != null; n = n.next) {
                all.add(n);
            }
        }
        return all;
    }

    /**
     * Gives a name that is not taken yet.
     *
     * @param batch the batch in which the client's Parse was sent
     */
    public Named add(ByteBuf buf, int from, int behind, Statement statement, long batch) {
        int to = Math.min(behind, from + SIGNIFICANT_BYTES);
        byte[] name = MessageReader.bytes(buf, from, to);
        Named named = new Named(name, MessageReader.hash(name), statement, batch);
        insert(named);
        return named;
    }

    /** Puts back what {@link #remove} took, unless the name has been given anew since. */
    public void restore(Named named) {
        for (Named n = table[named.hash & table.length - 1]; n != null; n = n.next) {
            if (n.hash == named.hash && Arrays.equals(n.name, named.name)) {
                return;
            }
        }
        insert(named);
    }

    private void insert(Named named) {
        if (size >= table.length) {
            grow();
        }
        int slot = named.hash & table.length - 1;
        named.next = table[slot];
        table[slot] = named;
        size++;
    }

    /** Takes a name away; does nothing if exactly this entry is not there. */
    public void remove(Named named) {
        int slot = named.hash & table.length - 1;
        Named previous = null;
        for (Named n = table[slot]; n != null; n = n.next) {
            if (n == named) {
                if (previous == null) {
                    table[slot] = n.next;
                } else {
                    previous.next = n.next;
                }
                n.next = null;
                size--;
                return;
            }
            previous = n;
        }
    }

    /**
     * Keeps a copy of the unnamed statement's Parse body, so that it can be repeated on another server.
     *
     * @param effects what running it may do to the session
     */
    public void unnamed(ByteBuf buf, int from, int to, SessionEffects effects) {
        int length = to - from;
        if (unnamed.length < length) {
            unnamed = new byte[Math.max(length, 64)];
        }
        buf.getBytes(from, unnamed, 0, length);
        unnamedLength = length;
        unnamedEffects = effects;
        unnamedVersion = ++unnamedVersions;
    }

    /**
     * There is an unnamed statement, but too long to be repeated.
     *
     * @param effects what running it may do to the session
     */
    public void longUnnamed(SessionEffects effects) {
        dropUnnamed();
        longVersion = unnamedVersion;
        unnamedEffects = effects;
    }

    /** What running the long unnamed statement does, now that all of it is here; it may have been skipped meanwhile. */
    public void longUnnamedDoes(SessionEffects effects) {
        if (hasLongUnnamed()) {
            unnamedEffects = effects;
        }
    }

    /** Whether there is one that is too long to be repeated. */
    public boolean hasLongUnnamed() {
        return unnamedVersion == longVersion;
    }

    /** What running the unnamed statement may do to the session. */
    public SessionEffects unnamedEffects() {
        return unnamedEffects;
    }

    /** There is no unnamed statement, or none that could be repeated. */
    public void dropUnnamed() {
        unnamedLength = 0;
        unnamedEffects = SessionEffects.NONE;
        unnamedVersion = ++unnamedVersions;
        if (unnamed.length > UNNAMED_KEPT) {
            unnamed = NONE;
        }
    }

    /** Tells one unnamed statement of this client from the next. */
    public long unnamedVersion() {
        return unnamedVersion;
    }

    /**
     * Takes the unnamed statement away, so that it can be put back; another one must be set or dropped next.
     *
     * @param madeIn the batch in which it was changed last
     */
    public Unnamed takeUnnamed(long madeIn) {
        Unnamed taken = new Unnamed(madeIn, unnamed, unnamedLength, unnamedEffects, unnamedVersion);
        unnamed = NONE;
        unnamedLength = 0;
        return taken;
    }

    /** Puts back what was taken. */
    public void restoreUnnamed(Unnamed before) {
        unnamed = before.body();
        unnamedLength = before.length();
        unnamedEffects = before.effects();
        unnamedVersion = before.version();
    }

    public boolean hasUnnamed() {
        return unnamedLength > 0;
    }

    /** Holds the Parse body of the unnamed statement in its first {@link #unnamedLength()} bytes. */
    public byte[] unnamedBody() {
        return unnamed;
    }

    public int unnamedLength() {
        return unnamedLength;
    }

    /** Forgets the names that match. */
    public void removeIf(Predicate<Named> condition) {
        for (Named head : table.clone()) {
            for (Named n = head; n != null; ) {
                Named next = n.next;
                if (condition.test(n)) {
                    remove(n);
                }
                n = next;
            }
        }
    }

    public int size() {
        return size;
    }

    private void grow() {
        @Nullable Named[] old = table;
        table = new Named[old.length * 2];
        for (Named head : old) {
            Named n = head;
            while (n != null) {
                Named next = n.next;
                int slot = n.hash & table.length - 1;
                n.next = table[slot];
                table[slot] = n;
                n = next;
            }
        }
    }
}
