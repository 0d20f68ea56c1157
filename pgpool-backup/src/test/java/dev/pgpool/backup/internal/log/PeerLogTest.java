package dev.pgpool.backup.internal.log;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.slf4j.LoggerFactory;

/** What comes from a database stays in its line of the log. */
class PeerLogTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "plain \u00e9\u65e5\ud83d\ude00 \\ {} | plain \u00e9\u65e5\ud83d\ude00 \\ {}",
                "'a\n2026-11-29 WARN Backup succeeded' | 'a\\n2026-11-29 WARN Backup succeeded'",
                "'a\r\tb' | 'a\\r\\tb'",
                "'\u001b[2Jx' | '\\u001b[2Jx'",
                "'a\u2028b\u0085c\u202ed' | 'a\\u2028b\\u0085c\\u202ed'"
            })
    void whatIsNoVisibleCharacterIsEscaped(String text, String expected) {
        assertThat(PeerLog.escaped(text)).isEqualTo(expected);
    }

    @Test
    void argumentsAreEscapedAndAnExceptionKeepsItsTrace() {
        Logger logger = (Logger) LoggerFactory.getLogger(PeerLogTest.class);
        ListAppender<ILoggingEvent> events = new ListAppender<>();
        events.start();
        logger.addAppender(events);
        try {
            PeerLog log = PeerLog.of(PeerLogTest.class);
            log.warn("Backup of \"{}\": {}, {}", "x\ny", List.of("p\rq"), null);
            log.error("{} failed", "x\ny", new IllegalStateException("cause"));
        } finally {
            logger.detachAppender(events);
        }
        assertThat(events.list)
                .extracting(ILoggingEvent::getFormattedMessage)
                .containsExactly("Backup of \"x\\ny\": [p\\rq], null", "x\\ny failed");
        assertThat(events.list.get(1).getThrowableProxy()).isNotNull();
    }
}
