package dev.pgpool.examples.standalone;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.filter.ThresholdFilter;
import ch.qos.logback.classic.net.SyslogAppender;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.FileAppender;
import ch.qos.logback.core.OutputStreamAppender;
import dev.pgpool.core.pgbouncer.PgBouncerIni;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/** Log lines as PgBouncer writes them: time, process, level, message; to standard error, a file and syslog. */
final class Logging {
    /** Where syslog is, as {@code host:port}; the default is UDP port 514 of this machine. */
    static final String SYSLOG_PROPERTY = "pgpool.syslog";

    private static final String MESSAGE = "%msg%replace( %kvp){'^ $', ''}";
    private static final String PATTERN = "%d{\"yyyy-MM-dd HH:mm:ss.SSS 'UTC'\", UTC} [" + Pids.own()
            + "] %replace(%replace(%replace(%level){'INFO', 'LOG'}){'WARN', 'WARNING'}){'TRACE', 'NOISE'} " + MESSAGE
            + "%n%ex";

    private final LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
    private final Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    private final int verbosity;
    private @Nullable FileAppender<ILoggingEvent> file;
    private @Nullable SyslogAppender syslog;
    private Syslog syslogNow = Syslog.OFF;

    /** What the configuration says of syslog. */
    private record Syslog(boolean on, String ident, String facility) {
        static final Syslog OFF = new Syslog(false, "", "");

        static Syslog of(PgBouncerIni ini) {
            return ini.setting("syslog").equals("0")
                    ? OFF
                    : new Syslog(true, ini.setting("syslog_ident"), ini.setting("syslog_facility"));
        }
    }

    /** @param verbosity how often {@code -v} was given */
    Logging(int verbosity) {
        this.verbosity = verbosity;
    }

    /** Until it begins nothing is said. */
    void silence() {
        root.setLevel(Level.OFF);
    }

    /**
     * Begins.
     *
     * @param logfile where to; empty for standard error only
     */
    void start(Optional<Path> logfile, boolean quiet, PgBouncerIni ini) {
        context.reset();
        root.setLevel(Level.WARN);
        if (!quiet) {
            ConsoleAppender<ILoggingEvent> console = new ConsoleAppender<>();
            console.setTarget("System.err");
            root.addAppender(started(console));
        }
        logfile.ifPresent(path -> {
            FileAppender<ILoggingEvent> appender = new FileAppender<>();
            appender.setFile(path.toString());
            file = appender;
            root.addAppender(started(appender));
        });
        adopt(ini);
    }

    /** Takes what may change while it runs: {@code verbose} and {@code syslog}. */
    synchronized void adopt(PgBouncerIni ini) {
        int level = verbosity + Integer.parseInt(ini.setting("verbose"));
        context.getLogger("dev.pgpool").setLevel(level == 0 ? Level.INFO : level == 1 ? Level.DEBUG : Level.TRACE);
        // the first line that only this level has
        context.getLogger(Logging.class).debug("verbosity is {}", level);
        Syslog wanted = Syslog.of(ini);
        if (!wanted.equals(syslogNow)) {
            syslogNow = wanted;
            SyslogAppender before = syslog;
            if (before != null) {
                root.detachAppender(before);
                before.stop();
            }
            syslog = wanted.on ? started(wanted) : null;
        }
    }

    private SyslogAppender started(Syslog wanted) {
        String[] place = System.getProperty(SYSLOG_PROPERTY, "localhost:514").split(":", 2);
        SyslogAppender appender = new SyslogAppender();
        appender.setContext(context);
        appender.setSyslogHost(place[0]);
        appender.setPort(place.length == 1 ? 514 : Integer.parseInt(place[1]));
        appender.setFacility(wanted.facility.toUpperCase(Locale.ROOT));
        // what is special to patterns means itself in a name
        String ident = wanted.ident.replaceAll("([\\\\%()])", "\\\\$1");
        appender.setSuffixPattern(ident + "[" + Pids.own() + "]: " + MESSAGE);
        appender.setThrowableExcluded(true);
        ThresholdFilter filter = new ThresholdFilter();
        filter.setLevel("INFO");
        filter.start();
        appender.addFilter(filter);
        appender.start();
        root.addAppender(appender);
        return appender;
    }

    /** Why a file can't be logged to; empty if it can. */
    static Optional<String> objection(Path logfile) {
        Path directory = logfile.toAbsolutePath().getParent();
        boolean writable = Files.exists(logfile)
                ? Files.isRegularFile(logfile) && Files.isWritable(logfile)
                : directory != null && Files.isWritable(directory);
        return writable ? Optional.empty() : Optional.of("a file that this process may write");
    }

    /** The file may have been moved away: what follows goes into a new one. */
    void reopen() {
        FileAppender<ILoggingEvent> current = file;
        if (current != null) {
            current.stop();
            current.start();
        }
    }

    private <A extends OutputStreamAppender<ILoggingEvent>> A started(A appender) {
        PatternLayoutEncoder encoder = new PatternLayoutEncoder();
        encoder.setContext(context);
        encoder.setPattern(PATTERN);
        encoder.start();
        appender.setContext(context);
        appender.setEncoder(encoder);
        appender.start();
        return appender;
    }
}
