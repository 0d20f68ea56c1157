package dev.pgpool.backup.internal.log;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A logger for texts that come from databases, stores and programs: names and messages may hold line breaks, by which a database's
 * owner could write log lines into the host's log, and codes that move a terminal's cursor. They are escaped in arguments;
 * an exception as the last argument keeps its trace. Safe for all threads.
 */
public final class PeerLog {

    private final Logger logger;

    private PeerLog(Logger logger) {
        this.logger = logger;
    }

    /** The log of a class. */
    public static PeerLog of(Class<?> of) {
        return new PeerLog(LoggerFactory.getLogger(of));
    }

    /** An event that the host's operator should know of. */
    public void info(String format, @Nullable Object... arguments) {
        logger.info(format, escaped(arguments));
    }

    /** An event that the host's operator should act on. */
    public void warn(String format, @Nullable Object... arguments) {
        logger.warn(format, escaped(arguments));
    }

    /** A failure of the library itself, or one that needs a person now. */
    public void error(String format, @Nullable Object... arguments) {
        logger.error(format, escaped(arguments));
    }

    /** A detail. */
    public void debug(String format, @Nullable Object... arguments) {
        if (logger.isDebugEnabled()) {
            logger.debug(format, escaped(arguments));
        }
    }

    /** A finer detail. */
    public void trace(String format, @Nullable Object... arguments) {
        if (logger.isTraceEnabled()) {
            logger.trace(format, escaped(arguments));
        }
    }

    private static @Nullable Object[] escaped(@Nullable Object[] arguments) {
        @Nullable Object[] escaped = new Object[arguments.length];
        for (int i = 0; i < arguments.length; i++) {
            Object argument = arguments[i];
            boolean trace = argument instanceof Throwable && i == arguments.length - 1;
            escaped[i] = trace ? argument : escaped(String.valueOf(argument));
        }
        return escaped;
    }

    /** The text on one line, with escapes as Java writes them for what is no character to be seen. */
    static String escaped(String text) {
        StringBuilder line = new StringBuilder(text.length());
        text.codePoints().forEach(c -> {
            switch (Character.getType(c)) {
                case Character.CONTROL, Character.FORMAT, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR ->
                    line.append(
                            c == '\n' ? "\\n" : c == '\r' ? "\\r" : c == '\t' ? "\\t" : String.format("\\u%04x", c));
                default -> line.appendCodePoint(c);
            }
        });
        return line.toString();
    }
}
