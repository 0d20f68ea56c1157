package dev.pgpool.core.internal.sql;

import dev.pgpool.core.config.SessionState;
import io.netty.buffer.ByteBuf;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Reads from SQL text what it may do to its session. One pass over the bytes; a text that does nothing of the kind costs
 * no allocation. It errs on the safe side: what it reports may not happen, and what really is there afterwards the server
 * is asked. What it cannot see is the inside of functions and procedures that are stored on the server.
 *
 * <p>Reused from text to text; confined to one thread.
 */
public final class StatementScanner {
    private final Lexer lexer = new Lexer();
    private final EffectsBuilder found = new EffectsBuilder();
    private final SettingReader settings = new SettingReader(lexer, found);
    private final SetConfigReader setConfig = new SetConfigReader(lexer, found);
    private final PreparedNamesReader prepared = new PreparedNamesReader(lexer, found);
    private final TemporaryObjectReader temporary = new TemporaryObjectReader(lexer, found);
    private final BlockReader blocks;
    /** Of a block of PL/pgSQL: its key words begin statements, and its strings may be statements. */
    private final boolean block;

    private boolean backslashes;
    private int statements;
    private boolean readsSequence;
    private boolean writesSequence;
    /** What is being read runs later, at its EXECUTE. */
    private boolean deferred;
    /** It is the value of a parameter. */
    private boolean setsPath;
    /** Its strings are bodies of functions of this session. */
    private boolean bodies;

    public StatementScanner() {
        this(0);
    }

    /** @param depth texts that this one is inside of */
    StatementScanner(int depth) {
        this.block = depth > 0;
        this.blocks = new BlockReader(lexer, found, depth);
    }

    /**
     * What the text does.
     *
     * @param buf lent for the duration of the call
     * @param from absolute index of the first byte
     * @param to absolute index behind the last byte, terminator excluded
     * @param form how its bytes are to be read
     */
    public SessionEffects scan(ByteBuf buf, int from, int to, TextForm form) {
        List<TextForm> readings = form.readings();
        if (readings.size() == 1) {
            return scan(buf, from, to, form.backslashes(), false);
        }
        boolean ascii = isAscii(buf, from, to);
        SessionEffects all = SessionEffects.NONE;
        for (TextForm reading : readings) {
            if (!reading.hidesAscii()) {
                all = all.and(scan(buf, from, to, reading.backslashes(), false));
            } else if (!ascii) {
                ByteBuf veiled = reading.veiled(buf, from, to);
                all = all.and(scan(veiled, 0, veiled.writerIndex(), reading.backslashes(), false));
            }
        }
        return all;
    }

    private static boolean isAscii(ByteBuf buf, int from, int to) {
        for (int i = from; i < to; i++) {
            if (buf.getByte(i) < 0) {
                return false;
            }
        }
        return true;
    }

    /** The same of a part of a text that begins inside of a statement, if that is so. */
    SessionEffects scan(ByteBuf buf, int from, int to, boolean backslashes, boolean continued) {
        this.backslashes = backslashes;
        found.clear();
        statements = 0;
        readsSequence = false;
        writesSequence = false;
        lexer.begin(buf, from, to, backslashes);
        lexer.next();
        if (continued) {
            rest();
        }
        while (lexer.kind() != Lexer.END) {
            statement();
        }
        lexer.end();
        if (readsSequence && !writesSequence && statements == 1) {
            found.makes(SessionState.SEQUENCE);
        }
        return found.build(statements == 1);
    }

    /** What a FunctionCall message does. */
    public static SessionEffects functionCall(int oid) {
        return Functions.called(oid);
    }

    private void statement() {
        if (!lexer.isSymbol(';')) {
            statements++;
        }
        setsPath = false;
        if (lexer.kind() == Lexer.WORD) {
            switch (lexer.first()) {
                case 'a' -> {
                    if (lexer.is(Words.ALTER)) {
                        global(new GlobalDdlReader(lexer)::alter);
                    }
                }
                case 'c' -> beginsWithC();
                case 'd' -> beginsWithD();
                case 'e' -> explain();
                case 'l' -> beginsWithL();
                case 'p' -> {
                    if (lexer.is(Words.PREPARE)) {
                        deferred = prepared.prepare();
                    }
                }
                case 'r' -> {
                    if (lexer.is(Words.RESET)) {
                        settings.reset();
                    }
                }
                case 's' -> {
                    if (lexer.is(Words.SET)) {
                        setsPath = settings.set(deferred);
                    }
                }
                case 'u' -> {
                    if (lexer.is(Words.UNLISTEN)) {
                        found.clears(SessionState.LISTEN);
                    }
                }
                default -> {
                    // nothing about its first word
                }
            }
        }
        rest();
        deferred = false;
        bodies = false;
    }

    /** What matters wherever it stands: functions, and temporary objects. Ends behind the semicolon. */
    private void rest() {
        while (lexer.kind() != Lexer.END) {
            switch (lexer.kind()) {
                case Lexer.WORD -> {
                    if (word()) {
                        return;
                    }
                }
                case Lexer.QUOTED_IDENTIFIER -> name();
                case Lexer.SYMBOL -> {
                    boolean over = lexer.symbol() == ';';
                    lexer.next();
                    if (over) {
                        return;
                    }
                }
                default -> {
                    if (block || bodies) {
                        blocks.inside(backslashes, deferred);
                    }
                    lexer.next();
                }
            }
        }
    }

    /** True if it begins another statement. */
    private boolean word() {
        switch (lexer.length()) {
            case 2 -> {
                if (lexer.is(Words.AS)) {
                    lexer.next();
                    prepared.execute();
                    return false;
                }
            }
            case 4 -> {
                if (lexer.is(Words.INTO)) {
                    lexer.next();
                    temporary.temporary();
                    return false;
                }
                if (block && (lexer.is(Words.THEN) || lexer.is(Words.ELSE) || lexer.is(Words.LOOP))) {
                    lexer.next();
                    return true;
                }
            }
            case 7 -> {
                if (blocks.isDynamic()) {
                    blocks.execute();
                    return false;
                }
            }
            case 5 -> {
                if (block && lexer.is(Words.BEGIN)) {
                    lexer.next();
                    return true;
                }
            }
            case 6 -> {
                if (lexer.is(Words.UPDATE)) {
                    lexer.next();
                    updates();
                    return false;
                }
            }
            case 9 -> {
                if (lexer.is(Words.RETURNING)) {
                    // what comes after it is told when the row has got its number
                    writesSequence = true;
                }
            }
            default -> {
                // a name, maybe
            }
        }
        name();
        return false;
    }

    private void name() {
        if (lexer.length() == 7 && lexer.is(Words.PG_TEMP)) {
            found.makes(SessionState.TEMPORARY_OBJECT);
            if (setsPath) {
                // a CREATE of any kind may make a temporary object from now on
                found.makes(SessionState.SETTING);
            }
        }
        if (lexer.length() >= 21 && (lexer.is(Words.PG_PREPARED_STATEMENTS) || lexer.is(Words.PG_PREPARED_STATEMENT))) {
            found.showsStatements();
        }
        Functions.Kind function = Functions.named(lexer);
        lexer.next();
        if (function == Functions.Kind.HARMLESS || !lexer.isSymbol('(')) {
            return;
        }
        switch (function) {
            case SETTING -> setConfig.arguments(deferred);
            case SIMILARITY -> found.sets("pg_trgm.similarity_threshold", deferred);
            case SEED -> found.makes(SessionState.RANDOM_SEED);
            case SLOT -> found.makes(SessionState.REPLICATION_SLOT);
            case SLOT_DROP -> found.clears(SessionState.REPLICATION_SLOT);
            case PROCESS -> found.makes(SessionState.PROCESS);
            case LOCK -> found.makes(SessionState.ADVISORY_LOCK);
            case UNLOCK -> found.clears(SessionState.ADVISORY_LOCK);
            case SEQUENCE_READ -> readsSequence = true;
            case SEQUENCE_WRITE -> writesSequence = true;
            default -> {
                // not called for
            }
        }
    }

    /** Behind UPDATE: a table, of which one is all parameters. */
    private void updates() {
        if (lexer.isWord(Words.ONLY)) {
            lexer.next();
            if (lexer.isSymbol('(')) {
                lexer.next();
            }
        }
        boolean listed = false;
        while (lexer.isName()) {
            listed = lexer.is(Words.PG_SETTINGS);
            if (lexer.is(Words.PG_TEMP)) {
                found.makes(SessionState.TEMPORARY_OBJECT);
            }
            lexer.next();
            if (!lexer.isSymbol('.')) {
                break;
            }
            lexer.next();
        }
        if (listed) {
            found.setsListed(deferred);
        }
    }

    // ---- statements by their first word

    /** At the first word; ends at the next. */
    private void global(Supplier<@Nullable GlobalDdl> reader) {
        int mark = lexer.mark();
        GlobalDdl ddl = reader.get();
        if (ddl != null) {
            found.global(ddl);
        }
        lexer.backTo(mark);
    }

    private void beginsWithC() {
        if (lexer.is(Words.CLOSE)) {
            found.clears(SessionState.CURSOR);
        } else if (lexer.is(Words.CREATE)) {
            global(new GlobalDdlReader(lexer)::create);
            if (lexer.isWord(Words.OR)) {
                lexer.next();
                if (lexer.isWord(Words.REPLACE)) {
                    lexer.next();
                }
            }
            if (lexer.isWord(Words.FUNCTION) || lexer.isWord(Words.PROCEDURE)) {
                lexer.next();
                // its body runs in this session, if anywhere
                bodies = lexer.isWord(Words.PG_TEMP);
                deferred = bodies;
            }
            temporary.create();
        }
    }

    private void beginsWithD() {
        if (lexer.is(Words.DEALLOCATE)) {
            prepared.deallocate();
        } else if (lexer.is(Words.DROP)) {
            found.clears(SessionState.TEMPORARY_OBJECT);
            global(new GlobalDdlReader(lexer)::drop);
        } else if (lexer.is(Words.DISCARD)) {
            lexer.next();
            if (lexer.isWord(Words.ALL)) {
                found.clearsEverything();
                found.endsStatements();
            } else if (lexer.isWord(Words.TEMP) || lexer.isWord(Words.TEMPORARY)) {
                found.clears(SessionState.TEMPORARY_OBJECT);
            }
        } else if (lexer.is(Words.DECLARE)) {
            temporary.declare();
        } else if (lexer.is(Words.DO)) {
            blocks.doBlock(backslashes, deferred);
        }
    }

    /** EXPLAIN ANALYZE does what it explains. */
    private void explain() {
        if (!lexer.is(Words.EXPLAIN)) {
            if (blocks.isDynamic()) {
                blocks.execute();
            } else {
                prepared.execute();
            }
            return;
        }
        int mark = lexer.mark();
        while (!lexer.isStatementOver()) {
            boolean create = lexer.isWord(Words.CREATE);
            boolean as = lexer.isWord(Words.AS);
            if (!as) {
                prepared.execute();
            }
            lexer.next();
            if (create) {
                temporary.temporary();
            }
        }
        lexer.backTo(mark);
    }

    private void beginsWithL() {
        if (lexer.is(Words.LISTEN)) {
            found.makes(SessionState.LISTEN);
        } else if (lexer.is(Words.LOAD)) {
            found.makes(SessionState.LIBRARY);
        }
    }
}
