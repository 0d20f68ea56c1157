package dev.pgpool.core.internal.log;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.event.Level;
import org.slf4j.spi.LoggingEventBuilder;

/**
 * A line of the log: what happened, and the facts, which stand in its text, as {@code login refused: user=alice
 * reason="wrong password"}, and are its key-value pairs as well. Most layouts show no key-value pairs; those for machines
 * want nothing else.
 *
 * <p>Facts hold what clients and servers sent, so the text is kept on one line. Confined to one thread.
 */
public final class LogLine {
    /** Of a level that is off: costs nothing. */
    private static final LogLine OFF = new LogLine(null, "");

    private @Nullable LoggingEventBuilder event;
    private final StringBuilder text;
    private boolean facts;

    private LogLine(@Nullable LoggingEventBuilder event, String what) {
        this.event = event;
        this.text = new StringBuilder(what);
    }

    private static LogLine of(Logger logger, Level level, String what) {
        return logger.isEnabledForLevel(level) ? new LogLine(logger.makeLoggingEventBuilder(level), what) : OFF;
    }

    public static LogLine debug(Logger logger, String what) {
        return of(logger, Level.DEBUG, what);
    }

    public static LogLine info(Logger logger, String what) {
        return of(logger, Level.INFO, what);
    }

    public static LogLine warn(Logger logger, String what) {
        return of(logger, Level.WARN, what);
    }

    public static LogLine error(Logger logger, String what) {
        return of(logger, Level.ERROR, what);
    }

    /** A fact; what is null or empty is none. */
    public LogLine with(String key, @Nullable Object value) {
        LoggingEventBuilder known = event;
        if (known == null || value == null) {
            return this;
        }
        String shown = value.toString();
        if (!shown.isEmpty()) {
            event = known.addKeyValue(key, value);
            text.append(facts ? " " : ": ").append(key).append('=');
            append(shown);
            facts = true;
        }
        return this;
    }

    /** Its stack trace follows the line; null is none. */
    public LogLine cause(@Nullable Throwable cause) {
        LoggingEventBuilder known = event;
        if (known != null && cause != null) {
            event = known.setCause(cause);
        }
        return this;
    }

    public void write() {
        LoggingEventBuilder known = event;
        if (known != null) {
            // the text is no format: what looks like a place for an argument in it is none
            known.log("{}", text);
        }
    }

    private void append(String value) {
        boolean quoted = value.chars().anyMatch(c -> c <= ' ' || c == '"' || c == '=');
        if (quoted) {
            text.append('"');
        }
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            switch (c) {
                case '"', '\\' -> text.append('\\').append(c);
                case '\n' -> text.append("\\n");
                case '\r' -> text.append("\\r");
                case '\t' -> text.append("\\t");
                default -> {
                    if (Character.isISOControl(c) || c == '\u2028' || c == '\u2029') {
                        text.append(String.format("\\u%04x", (int) c));
                    } else {
                        text.append(c);
                    }
                }
            }
        }
        if (quoted) {
            text.append('"');
        }
    }
}
