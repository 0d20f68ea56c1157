package dev.pgpool.core.internal.sql;

import java.nio.charset.StandardCharsets;

/** The key words that matter, as bytes in lower case. */
final class Words {
    static final byte[] ALL = ascii("all");
    static final byte[] ALTER = ascii("alter");
    static final byte[] AS = ascii("as");
    static final byte[] AUTHORIZATION = ascii("authorization");
    static final byte[] BEGIN = ascii("begin");
    static final byte[] CHARACTERISTICS = ascii("characteristics");
    static final byte[] CLIENT_ENCODING = ascii("client_encoding");
    static final byte[] CLOSE = ascii("close");
    static final byte[] COMMIT = ascii("commit");
    static final byte[] CONSTRAINTS = ascii("constraints");
    static final byte[] CREATE = ascii("create");
    static final byte[] DATESTYLE = ascii("datestyle");
    static final byte[] DEALLOCATE = ascii("deallocate");
    static final byte[] DECLARE = ascii("declare");
    static final byte[] DEFAULT = ascii("default");
    static final byte[] DISCARD = ascii("discard");
    static final byte[] DO = ascii("do");
    static final byte[] DROP = ascii("drop");
    static final byte[] ELSE = ascii("else");
    static final byte[] EXECUTE = ascii("execute");
    static final byte[] EXPLAIN = ascii("explain");
    static final byte[] FORMAT = ascii("format");
    static final byte[] FUNCTION = ascii("function");
    static final byte[] GLOBAL = ascii("global");
    static final byte[] HOLD = ascii("hold");
    static final byte[] INTERVALSTYLE = ascii("intervalstyle");
    static final byte[] INTO = ascii("into");
    static final byte[] LANGUAGE = ascii("language");
    static final byte[] LISTEN = ascii("listen");
    static final byte[] LOAD = ascii("load");
    static final byte[] LOCAL = ascii("local");
    static final byte[] LOOP = ascii("loop");
    static final byte[] NAMES = ascii("names");
    static final byte[] NULL = ascii("null");
    static final byte[] ON = ascii("on");
    static final byte[] ONLY = ascii("only");
    static final byte[] OR = ascii("or");
    static final byte[] PG_SETTINGS = ascii("pg_settings");
    static final byte[] PG_TEMP = ascii("pg_temp");
    static final byte[] PG_PREPARED_STATEMENT = ascii("pg_prepared_statement");
    static final byte[] PG_PREPARED_STATEMENTS = ascii("pg_prepared_statements");
    static final byte[] PLPGSQL = ascii("plpgsql");
    static final byte[] PREPARE = ascii("prepare");
    static final byte[] PROCEDURE = ascii("procedure");
    static final byte[] REPLACE = ascii("replace");
    static final byte[] RESET = ascii("reset");
    static final byte[] RETURNING = ascii("returning");
    static final byte[] ROLE = ascii("role");
    static final byte[] SCHEMA = ascii("schema");
    static final byte[] SEARCH_PATH = ascii("search_path");
    static final byte[] SEED = ascii("seed");
    static final byte[] SESSION = ascii("session");
    static final byte[] SESSION_AUTHORIZATION = ascii("session_authorization");
    static final byte[] SET = ascii("set");
    static final byte[] STANDARD_CONFORMING_STRINGS = ascii("standard_conforming_strings");
    static final byte[] TEMP = ascii("temp");
    static final byte[] TEMPORARY = ascii("temporary");
    static final byte[] THEN = ascii("then");
    static final byte[] TIME = ascii("time");
    static final byte[] TIMEZONE = ascii("timezone");
    static final byte[] TO = ascii("to");
    static final byte[] TRANSACTION = ascii("transaction");
    static final byte[] TRUE = ascii("true");
    static final byte[] UESCAPE = ascii("uescape");
    static final byte[] UNLISTEN = ascii("unlisten");
    static final byte[] UPDATE = ascii("update");
    static final byte[] WITH = ascii("with");
    static final byte[] XML = ascii("xml");

    private Words() {}

    static byte[] ascii(String word) {
        return word.getBytes(StandardCharsets.US_ASCII);
    }
}
