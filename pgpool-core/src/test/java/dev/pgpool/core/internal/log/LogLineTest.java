package dev.pgpool.core.internal.log;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.PatternLayout;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Read through a layout without key-value pairs, as Logback's and Spring Boot's defaults are. */
class LogLineTest {
    private final Logger logger = new LoggerContext().getLogger("test");
    private final ListAppender<ILoggingEvent> events = new ListAppender<>();
    private final PatternLayout layout = new PatternLayout();

    @BeforeEach
    void append() {
        layout.setContext(logger.getLoggerContext());
        layout.setPattern("%-5level %msg%n");
        layout.start();
        events.start();
        logger.addAppender(events);
        logger.setLevel(Level.INFO);
    }

    private String written() {
        return events.list.stream().map(layout::doLayout).collect(Collectors.joining());
    }

    @Test
    void factsStandInTheText() {
        LogLine.warn(logger, "login refused")
                .with("user", "alice")
                .with("attempts", 3)
                .with("reason", "wrong password")
                .with("hint", null)
                .with("detail", "")
                .write();
        assertThat(written()).isEqualTo("WARN  login refused: user=alice attempts=3 reason=\"wrong password\"\n");
    }

    @Test
    void aLineWithoutFactsIsWhatHappened() {
        LogLine.info(logger, "pooler closed").write();
        assertThat(written()).isEqualTo("INFO  pooler closed\n");
    }

    @Test
    void whatAClientSentMakesNoLinesAndNoFactsOfItsOwn() {
        LogLine.error(logger, "login refused")
                .with("user", "x\n2026 ERROR all is lost {} \u001b[2J\u2028 a=\"b\" \\")
                .write();
        assertThat(written())
                .isEqualTo("ERROR login refused:"
                        + " user=\"x\\n2026 ERROR all is lost {} \\u001b[2J\\u2028 a=\\\"b\\\" \\\\\"\n");
    }

    @Test
    void aCauseFollows() {
        LogLine.error(logger, "failed")
                .with("file", "/tmp/x")
                .cause(new IllegalStateException("why"))
                .write();
        assertThat(written()).startsWith("ERROR failed: file=/tmp/x\njava.lang.IllegalStateException: why\n\tat ");
    }

    @Test
    void aLevelThatIsOffWritesNothing() {
        LogLine.debug(logger, "detail")
                .with("user", "alice")
                .cause(new IllegalStateException())
                .write();
        assertThat(written()).isEmpty();
    }
}
