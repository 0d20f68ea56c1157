package dev.pgpool.core.internal.prepared;

import dev.pgpool.core.internal.sql.SessionEffects;
import dev.pgpool.core.internal.sql.StatementScanner;
import dev.pgpool.core.internal.sql.TextForm;
import dev.pgpool.core.internal.sql.TransactionCommands;
import dev.pgpool.core.internal.wire.MessageReader;
import io.netty.buffer.ByteBuf;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The statements of a pool, each once. Compares full content, never only a hash. Holds statements weakly: one that no
 * client and no server knows any more goes away by itself. Keeps the clock by which their copies on servers have an age.
 *
 * <p>Thread-safe by one lock: it is touched on Parse of a named statement only. The clock has none.
 */
public final class StatementRegistry {
    private static final class Entry extends WeakReference<Statement> {
        final int hash;

        @Nullable
        Entry next;

        Entry(Statement statement, ReferenceQueue<Statement> queue, @Nullable Entry next) {
            super(statement, queue);
            this.hash = statement.contentHash();
            this.next = next;
        }
    }

    /** Ten digits. */
    private static final long SECRETS = 3_656_158_440_062_976L;

    private final StatementScanner scanner = new StatementScanner();
    private final ReferenceQueue<Statement> collected = new ReferenceQueue<>();
    private @Nullable Entry[] table = new Entry[64];
    private int size;
    private final AtomicLong clock = new AtomicLong();
    /** Part of the name of each statement on servers, so that no client can guess what others have there. */
    private final String secret = Long.toString(new SecureRandom().nextLong(SECRETS), Character.MAX_RADIX);

    private long nextId = 1;

    /**
     * The statement whose Parse body stands in this region, which is not consumed.
     *
     * @param meaning the settings under which the text is read; compared by identity
     * @param form how its bytes are to be read
     */
    public Statement intern(ByteBuf buf, int from, int to, Object meaning, TextForm form) {
        int hash = MessageReader.hash(buf, from, to);
        synchronized (this) {
            expunge();
            for (Entry e = table[hash & table.length - 1]; e != null; e = e.next) {
                Statement known = e.hash == hash ? e.get() : null;
                if (known != null
                        && known.meaning() == meaning
                        && !known.isStale()
                        && MessageReader.equal(buf, from, to, known.parseBody())) {
                    return known;
                }
            }
            int textEnd = MessageReader.endOfString(buf, from, to);
            SessionEffects effects = scanner.scan(buf, from, textEnd < 0 ? to : textEnd, form);
            boolean timeless = TransactionCommands.isOne(buf, from, textEnd < 0 ? to : textEnd);
            byte[] body = MessageReader.bytes(buf, from, to);
            return add(new Statement(nextName(), body, meaning, effects, timeless, new ParameterTypes(), hash));
        }
    }

    /** The same text and types, read under other settings. */
    public synchronized Statement variant(Statement statement, Object meaning) {
        return interned(statement, statement.parseBody(), meaning, statement.contentHash());
    }

    /** The same text under the same settings with the types of its parameters as a server has inferred them before. */
    public synchronized Statement typed(Statement statement, int[] types) {
        byte[] body = ParameterTypes.body(statement.parseBody(), types);
        return interned(statement, body, statement.meaning(), MessageReader.hash(body));
    }

    private Statement interned(Statement like, byte[] body, Object meaning, int hash) {
        expunge();
        for (Entry e = table[hash & table.length - 1]; e != null; e = e.next) {
            Statement known = e.hash == hash ? e.get() : null;
            if (known != null
                    && known.meaning() == meaning
                    && !known.isStale()
                    && Arrays.equals(body, known.parseBody())) {
                return known;
            }
        }
        return add(copyOf(like, body, meaning, hash));
    }

    /** The same text and types, for one name of one session, which shares it with no other. */
    public synchronized Statement apart(Statement statement) {
        return copyOf(statement, statement.parseBody(), new Object(), statement.contentHash());
    }

    private Statement copyOf(Statement like, byte[] body, Object meaning, int hash) {
        return new Statement(nextName(), body, meaning, like.effects(), like.isTimeless(), like.types(), hash);
    }

    private String nextName() {
        return "pgpool_" + secret + '_' + nextId++;
    }

    /** The time by which copies have their age: advanced whenever a transaction ends in which a client has parsed. */
    public long clock() {
        return clock.get();
    }

    /** Advances the clock: what was parsed before is older. */
    public long advance() {
        return clock.incrementAndGet();
    }

    /** Number of statements that a client or a server knows. */
    public synchronized int size() {
        expunge();
        return size;
    }

    private Statement add(Statement statement) {
        if (size >= table.length * 3 / 4) {
            grow();
        }
        int slot = statement.contentHash() & table.length - 1;
        table[slot] = new Entry(statement, collected, table[slot]);
        size++;
        return statement;
    }

    private void grow() {
        @Nullable Entry[] old = table;
        table = new Entry[old.length * 2];
        for (Entry head : old) {
            Entry e = head;
            while (e != null) {
                Entry next = e.next;
                int slot = e.hash & table.length - 1;
                e.next = table[slot];
                table[slot] = e;
                e = next;
            }
        }
    }

    private void expunge() {
        Object gone;
        while ((gone = collected.poll()) != null) {
            remove((Entry) gone);
        }
    }

    private void remove(Entry gone) {
        int slot = gone.hash & table.length - 1;
        Entry previous = null;
        for (Entry e = table[slot]; e != null; e = e.next) {
            if (e == gone) {
                if (previous == null) {
                    table[slot] = e.next;
                } else {
                    previous.next = e.next;
                }
                size--;
                return;
            }
            previous = e;
        }
    }
}
