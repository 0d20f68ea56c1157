package dev.pgpool.examples.standalone;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.FileAppender;
import ch.qos.logback.core.OutputStreamAppender;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/** Log lines as PgBouncer writes them: time, process, level, message. */
final class Logging {
    private static final String PATTERN = "%d{\"yyyy-MM-dd HH:mm:ss.SSS 'UTC'\", UTC} [" + Pids.own()
            + "] %replace(%replace(%replace(%level){'INFO', 'LOG'}){'WARN', 'WARNING'}){'TRACE', 'NOISE'}"
            + " %msg%replace( %kvp){'^ $', ''}%n%ex";

    private @Nullable FileAppender<ILoggingEvent> file;

    /**
     * Begins.
     *
     * @param logfile where to; empty for standard error only
     */
    void start(Optional<Path> logfile, boolean quiet, int verbosity) {
        LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
        context.reset();
        Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        root.setLevel(Level.WARN);
        context.getLogger("dev.pgpool")
                .setLevel(verbosity == 0 ? Level.INFO : verbosity == 1 ? Level.DEBUG : Level.TRACE);
        if (!quiet) {
            ConsoleAppender<ILoggingEvent> console = new ConsoleAppender<>();
            console.setTarget("System.err");
            root.addAppender(started(console, context));
        }
        logfile.ifPresent(path -> {
            FileAppender<ILoggingEvent> appender = new FileAppender<>();
            appender.setFile(path.toString());
            file = appender;
            root.addAppender(started(appender, context));
        });
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

    private static <A extends OutputStreamAppender<ILoggingEvent>> A started(A appender, LoggerContext context) {
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
