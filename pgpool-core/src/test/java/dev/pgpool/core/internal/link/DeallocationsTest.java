package dev.pgpool.core.internal.link;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.internal.sql.StatementNames;
import dev.pgpool.core.internal.sql.StatementNames.Use;
import dev.pgpool.core.internal.sql.StatementNames.Verb;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Names that are taken away are uncertain until the text is answered, and are confirmed in their order. */
class DeallocationsTest {

    private static final StatementNames TEXT = new StatementNames(
            List.of(
                    new Use(Verb.DEALLOCATE, "a", true),
                    new Use(Verb.EXECUTE, "b", true),
                    new Use(Verb.DEALLOCATE, "c", false),
                    new Use(Verb.DEALLOCATE, "d", true)),
            false,
            false);

    private final ExpectedReplies expected = new ExpectedReplies();
    private final Deallocations deallocations = new Deallocations(expected);

    @Test
    void underWayUntilTheTextIsAnswered() {
        assertThat(deallocations.isUnderWay()).isFalse();
        expected.add(ExpectedReplies.QUERY, deallocations.sent(TEXT));
        assertThat(deallocations.isUnderWay()).isTrue();

        expected.pop();

        assertThat(deallocations.isUnderWay()).isFalse();
    }

    @Test
    void underWayUntilTheTextIsSkipped() {
        expected.add(ExpectedReplies.EXECUTE, deallocations.sent(TEXT));

        expected.dropBatch((code, subject, batch, failed) -> {});

        assertThat(deallocations.isUnderWay()).isFalse();
    }

    @Test
    void anotherClientHasNoneUnderWay() {
        expected.add(ExpectedReplies.QUERY, deallocations.sent(TEXT));

        deallocations.begin();

        assertThat(deallocations.isUnderWay()).isFalse();
    }

    @Test
    void namesThatTheServerConfirmsComeInTheirOrder() {
        Object sent = deallocations.sent(TEXT);

        assertThat(Deallocations.next(sent)).isEqualTo("a");
        assertThat(Deallocations.next(sent)).isEqualTo("d");
        assertThat(Deallocations.next(sent)).isNull();
    }

    @Test
    void otherTextsConfirmNothing() {
        assertThat(Deallocations.next(null)).isNull();
        assertThat(Deallocations.next("text")).isNull();
    }
}
