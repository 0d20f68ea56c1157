package dev.pgpool.core.internal.sql;

import dev.pgpool.core.config.SessionState;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
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
    private static final List<String> CHARACTERISTICS =
            List.of("default_transaction_isolation", "default_transaction_read_only", "default_transaction_deferrable");
    /** Text inside of text inside of text: deeper than this is written by no hand. */
    private static final int MAX_DEPTH = 4;

    private final Lexer lexer = new Lexer();
    private final EffectsBuilder found = new EffectsBuilder();
    private final int depth;
    /** Of a block of PL/pgSQL: its key words begin statements, and its strings may be statements. */
    private final boolean block;

    private boolean backslashes;
    private int token;
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
        this(0, false);
    }

    private StatementScanner(int depth, boolean block) {
        this.depth = depth;
        this.block = block;
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
        next();
        if (continued) {
            rest();
        }
        while (token != Lexer.END) {
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

    private void next() {
        token = lexer.next();
    }

    private boolean isWord(byte[] lower) {
        return token == Lexer.WORD && lexer.is(lower);
    }

    private boolean isSymbol(char symbol) {
        return token == Lexer.SYMBOL && lexer.symbol() == symbol;
    }

    private void statement() {
        if (!isSymbol(';')) {
            statements++;
        }
        setsPath = false;
        if (token == Lexer.WORD) {
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
                case 'p' -> prepare();
                case 'r' -> reset();
                case 's' -> set();
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
        while (token != Lexer.END) {
            switch (token) {
                case Lexer.WORD -> {
                    if (word()) {
                        return;
                    }
                }
                case Lexer.QUOTED_IDENTIFIER -> name();
                case Lexer.SYMBOL -> {
                    boolean over = lexer.symbol() == ';';
                    next();
                    if (over) {
                        return;
                    }
                }
                default -> {
                    if (block || bodies) {
                        inside();
                    }
                    next();
                }
            }
        }
    }

    /** True if it begins another statement. */
    private boolean word() {
        switch (lexer.length()) {
            case 2 -> {
                if (lexer.is(Words.AS)) {
                    next();
                    executeWhatIsPrepared();
                    return false;
                }
            }
            case 4 -> {
                if (lexer.is(Words.INTO)) {
                    next();
                    temporary();
                    return false;
                }
                if (block && (lexer.is(Words.THEN) || lexer.is(Words.ELSE) || lexer.is(Words.LOOP))) {
                    next();
                    return true;
                }
            }
            case 7 -> {
                if (isDynamic()) {
                    next();
                    executes();
                    return false;
                }
            }
            case 5 -> {
                if (block && lexer.is(Words.BEGIN)) {
                    next();
                    return true;
                }
            }
            case 6 -> {
                if (lexer.is(Words.UPDATE)) {
                    next();
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
        next();
        if (function == Functions.Kind.HARMLESS || !isSymbol('(')) {
            return;
        }
        switch (function) {
            case SETTING -> setConfig();
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
        if (isWord(Words.ONLY)) {
            next();
            if (isSymbol('(')) {
                next();
            }
        }
        boolean listed = false;
        while (token == Lexer.WORD || token == Lexer.QUOTED_IDENTIFIER) {
            listed = lexer.is(Words.PG_SETTINGS);
            if (lexer.is(Words.PG_TEMP)) {
                found.makes(SessionState.TEMPORARY_OBJECT);
            }
            next();
            if (!isSymbol('.')) {
                break;
            }
            next();
        }
        if (listed) {
            found.setsListed(deferred);
        }
    }

    /** {@code [GLOBAL | LOCAL] { TEMP | TEMPORARY }}, if it is there. */
    private boolean temporary() {
        if (isWord(Words.LOCAL) || isWord(Words.GLOBAL)) {
            next();
        }
        if (isWord(Words.TEMP) || isWord(Words.TEMPORARY)) {
            found.makes(SessionState.TEMPORARY_OBJECT);
            next();
            return true;
        }
        return false;
    }

    // ---- statements by their first word

    /** At the first word; ends at the next. */
    private void global(Supplier<@Nullable GlobalDdl> reader) {
        int mark = lexer.mark();
        GlobalDdl ddl = reader.get();
        if (ddl != null) {
            found.global(ddl);
        }
        lexer.reset(mark);
        next();
    }

    private void beginsWithC() {
        if (lexer.is(Words.CLOSE)) {
            found.clears(SessionState.CURSOR);
        } else if (lexer.is(Words.CREATE)) {
            global(new GlobalDdlReader(lexer)::create);
            if (isWord(Words.OR)) {
                next();
                if (isWord(Words.REPLACE)) {
                    next();
                }
            }
            if (isWord(Words.FUNCTION) || isWord(Words.PROCEDURE)) {
                next();
                // its body runs in this session, if anywhere
                bodies = isWord(Words.PG_TEMP);
                deferred = bodies;
            }
            int before = found.made();
            if (temporary() && endsWithItsTransaction()) {
                found.backTo(before);
                found.setsLocally();
            }
        }
    }

    /** Whether {@code ON COMMIT DROP} is to come in this statement. */
    private boolean endsWithItsTransaction() {
        int mark = lexer.mark();
        boolean found = false;
        while (!found && token != Lexer.END && !isSymbol(';')) {
            boolean commit = isWord(Words.COMMIT);
            next();
            found = commit && isWord(Words.DROP);
        }
        lexer.reset(mark);
        next();
        return found;
    }

    private void beginsWithD() {
        if (lexer.is(Words.DEALLOCATE)) {
            found.clears(SessionState.PREPARED_STATEMENT);
            deallocate();
        } else if (lexer.is(Words.DROP)) {
            found.clears(SessionState.TEMPORARY_OBJECT);
            global(new GlobalDdlReader(lexer)::drop);
        } else if (lexer.is(Words.DISCARD)) {
            next();
            if (isWord(Words.ALL)) {
                found.clearsEverything();
                found.endsStatements();
            } else if (isWord(Words.TEMP) || isWord(Words.TEMPORARY)) {
                found.clears(SessionState.TEMPORARY_OBJECT);
            }
        } else if (lexer.is(Words.DECLARE)) {
            declare();
        } else if (lexer.is(Words.DO)) {
            doBlock();
        }
    }

    private void declare() {
        int mark = lexer.mark();
        while (token != Lexer.END && !isSymbol(';')) {
            boolean with = isWord(Words.WITH);
            next();
            if (with && isWord(Words.HOLD)) {
                found.makes(SessionState.CURSOR);
            }
        }
        lexer.reset(mark);
        next();
    }

    private void doBlock() {
        next();
        while (token != Lexer.END && !isSymbol(';')) {
            if (token == Lexer.STRING || token == Lexer.OTHER_STRING) {
                inside();
            }
            boolean language = isWord(Words.LANGUAGE);
            next();
            if (language && !lexer.is(Words.PLPGSQL)) {
                // what its statements are, and what they are made of, only it knows
                found.unread();
            }
        }
    }

    /** An EXECUTE of PL/pgSQL; in the text that it executes it is SQL's. */
    private boolean isDynamic() {
        return block && depth == 1 && isWord(Words.EXECUTE);
    }

    /** Behind EXECUTE in a block: a text that begins with a whole word is read where it stands, others are not there yet. */
    private void executes() {
        if (isWord(Words.ON) || isWord(Words.FUNCTION) || isWord(Words.PROCEDURE)) {
            // a privilege, or a trigger
            return;
        }
        if (isWord(Words.FORMAT)) {
            next();
            if (isSymbol('(')) {
                next();
            }
        }
        boolean text = token == Lexer.STRING || token == Lexer.OTHER_STRING;
        if (!text || !beginsWithAWord(lexer.text())) {
            found.unread();
        }
    }

    private static boolean beginsWithAWord(String text) {
        String stripped = text.stripLeading();
        int end = 0;
        while (end < stripped.length() && Character.isLetter(stripped.charAt(end))) {
            end++;
        }
        return end > 0 && end < stripped.length() && Character.isWhitespace(stripped.charAt(end));
    }

    /** Text of a block, or in a string of one. */
    private void inside() {
        if (depth >= MAX_DEPTH || lexer.length() < 4) {
            return;
        }
        // without doubled quotes, so that what is quoted twice is read as it will be run
        byte[] text = lexer.text().replace("''", "'").getBytes(StandardCharsets.UTF_8);
        ByteBuf inner = Unpooled.wrappedBuffer(text);
        found.add(new StatementScanner(depth + 1, true).scan(inner, 0, text.length, backslashes, false), deferred);
    }

    private void deallocate() {
        next();
        if (isWord(Words.PREPARE)) {
            String prepare = lexer.identifier();
            next();
            if (!isName()) {
                found.names(StatementNames.Verb.DEALLOCATE, prepare);
                return;
            }
        }
        if (isWord(Words.ALL)) {
            found.endsStatements();
        } else if (isName()) {
            found.names(StatementNames.Verb.DEALLOCATE, lexer.identifier());
        }
    }

    private boolean isName() {
        return token == Lexer.WORD || token == Lexer.QUOTED_IDENTIFIER;
    }

    /** {@code EXECUTE name}, if that is what stands here. */
    private void executeWhatIsPrepared() {
        if (isWord(Words.EXECUTE)) {
            next();
            if (isName()) {
                found.names(StatementNames.Verb.EXECUTE, lexer.identifier());
            }
        }
    }

    /** EXPLAIN ANALYZE does what it explains. */
    private void explain() {
        if (!lexer.is(Words.EXPLAIN)) {
            if (isDynamic()) {
                next();
                executes();
            } else {
                executeWhatIsPrepared();
            }
            return;
        }
        int mark = lexer.mark();
        while (token != Lexer.END && !isSymbol(';')) {
            boolean create = isWord(Words.CREATE);
            boolean as = isWord(Words.AS);
            if (!as) {
                executeWhatIsPrepared();
            }
            next();
            if (create) {
                temporary();
            }
        }
        lexer.reset(mark);
        next();
    }

    private void beginsWithL() {
        if (lexer.is(Words.LISTEN)) {
            found.makes(SessionState.LISTEN);
        } else if (lexer.is(Words.LOAD)) {
            found.makes(SessionState.LIBRARY);
        }
    }

    private void prepare() {
        if (!lexer.is(Words.PREPARE)) {
            return;
        }
        next();
        boolean transaction = isWord(Words.TRANSACTION);
        if (transaction) {
            next();
        }
        if (!transaction || token != Lexer.STRING) {
            found.makes(SessionState.PREPARED_STATEMENT);
            if (transaction) {
                found.names(StatementNames.Verb.PREPARE, "transaction");
            } else if (isName()) {
                found.names(StatementNames.Verb.PREPARE, lexer.identifier());
            }
            deferred = true;
        }
    }

    private void reset() {
        if (!lexer.is(Words.RESET)) {
            return;
        }
        next();
        if (isWord(Words.ALL)) {
            found.resetsAll();
        } else if (isWord(Words.ROLE) || isWord(Words.SESSION)) {
            found.clears(SessionState.ROLE);
        } else if (isWord(Words.TIME)) {
            found.resets("timezone");
        } else if (!isWord(Words.TRANSACTION)) {
            found.resets(parameterName());
        }
    }

    private void set() {
        if (!lexer.is(Words.SET)) {
            return;
        }
        next();
        boolean local = isWord(Words.LOCAL);
        if (local) {
            next();
        } else if (isWord(Words.SESSION)) {
            next();
            if (isWord(Words.CHARACTERISTICS)) {
                CHARACTERISTICS.forEach(this::setting);
                return;
            }
            if (isWord(Words.AUTHORIZATION)) {
                found.makes(SessionState.ROLE);
                return;
            }
        }
        if (isWord(Words.TRANSACTION) || isWord(Words.CONSTRAINTS)) {
            return;
        }
        if (local) {
            setLocal();
            return;
        }
        if (isWord(Words.ROLE) || isWord(Words.SESSION)) {
            found.makes(SessionState.ROLE);
        } else if (isWord(Words.TIME)) {
            timeZone();
        } else if (isWord(Words.SCHEMA)) {
            setting("search_path");
        } else if (isWord(Words.NAMES)) {
            next();
            if (token == Lexer.END || isSymbol(';') || isWord(Words.DEFAULT)) {
                found.resets("client_encoding");
            } else {
                setting("client_encoding");
            }
        } else if (isWord(Words.XML)) {
            setting("xmloption");
        } else if (isWord(Words.SEED)) {
            found.makes(SessionState.RANDOM_SEED);
        } else {
            setParameter();
        }
    }

    private void timeZone() {
        next();
        next();
        if (isWord(Words.DEFAULT) || isWord(Words.LOCAL)) {
            found.resets("timezone");
        } else {
            setting("timezone");
        }
    }

    private void setLocal() {
        if (isWord(Words.SEED)) {
            // no transaction's end takes it back
            found.makes(SessionState.RANDOM_SEED);
        } else if (isWord(Words.TIME)
                || isWord(Words.NAMES)
                || isWord(Words.SCHEMA)
                || isWord(Words.SESSION)
                || decidesMeaning()) {
            found.setsLocally();
        }
    }

    /** Whether the current token names a parameter by which literals and names are read when their statement is parsed. */
    private boolean decidesMeaning() {
        return switch (lexer.length()) {
            case 4 -> lexer.is(Words.ROLE);
            case 8 -> lexer.is(Words.TIMEZONE);
            case 9 -> lexer.is(Words.DATESTYLE);
            case 11 -> lexer.is(Words.SEARCH_PATH);
            case 13 -> lexer.is(Words.INTERVALSTYLE);
            case 15 -> lexer.is(Words.CLIENT_ENCODING);
            case 21 -> lexer.is(Words.SESSION_AUTHORIZATION);
            case 27 -> lexer.is(Words.STANDARD_CONFORMING_STRINGS);
            default -> false;
        };
    }

    private void setParameter() {
        setsPath = true;
        String name = parameterName();
        if (isWord(Words.TO) || isSymbol('=')) {
            next();
        }
        if (isWord(Words.DEFAULT)) {
            found.resets(name);
        } else if (name.isEmpty()) {
            found.makes(SessionState.SETTING);
        } else {
            setting(name);
        }
    }

    /** A name of one or more parts, in lower case; empty if there is none. */
    private String parameterName() {
        StringBuilder name = new StringBuilder();
        while (token == Lexer.WORD || token == Lexer.QUOTED_IDENTIFIER) {
            name.append(lexer.text().replace("\"\"", "\"").toLowerCase(Locale.ROOT));
            next();
            if (!isSymbol('.')) {
                break;
            }
            name.append('.');
            next();
        }
        return name.toString();
    }

    /** At the parenthesis behind {@code set_config}, where it also ends: the arguments may hold anything. */
    private void setConfig() {
        int mark = lexer.mark();
        next();
        String name = token == Lexer.STRING ? lexer.text().toLowerCase(Locale.ROOT) : "";
        boolean ofMeaning = token != Lexer.STRING || decidesMeaning();
        next();
        boolean defaults = false;
        boolean given = false;
        if (isSymbol(',')) {
            next();
            defaults = isWord(Words.NULL);
            given = token == Lexer.STRING || token == Lexer.OTHER_STRING;
            if (given && lexer.text().toLowerCase(Locale.ROOT).contains("pg_temp")) {
                found.makes(SessionState.TEMPORARY_OBJECT);
            }
        } else {
            name = "";
        }
        boolean local = endsWithTrue();
        lexer.reset(mark);
        next();
        if (!local) {
            setting(name);
            if (defaults) {
                found.resets(name);
            } else if (!given) {
                found.mayReset(name);
            }
        } else if (ofMeaning) {
            found.setsLocally();
        }
    }

    /** Whether the last argument up to the closing parenthesis is {@code true}. */
    private boolean endsWithTrue() {
        int open = 1;
        boolean comma = false;
        boolean last = false;
        while (token != Lexer.END) {
            if (isSymbol(')') && --open == 0) {
                return last;
            }
            if (isSymbol('(')) {
                open++;
            }
            last = open == 1 && comma && isWord(Words.TRUE);
            comma = open == 1 && isSymbol(',');
            next();
        }
        return false;
    }

    private void setting(String name) {
        found.sets(name, deferred);
    }
}
