package dev.pgpool.core.internal.link;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.internal.link.SplitQuery.State;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Each state under each event; what has become of the first statement is told once. */
class SplitQueryTest {

    @SuppressWarnings("ImmutableEnumChecker") // lambdas without state
    enum Event {
        BEGIN(SplitQuery::begin),
        SENT(SplitQuery::onHeadSent),
        DONE(SplitQuery::onHeadDone),
        FAILED(SplitQuery::onHeadFailed),
        TAKE_DONE(SplitQuery::takeHeadDone),
        TAKE_FAILED(SplitQuery::takeHeadFailed);

        private final Consumer<SplitQuery> call;

        Event(Consumer<SplitQuery> call) {
            this.call = call;
        }
    }

    private static SplitQuery in(State state) {
        SplitQuery split = new SplitQuery();
        if (state != State.NONE) {
            split.onHeadSent();
        }
        if (state == State.DONE) {
            split.onHeadDone();
        }
        if (state == State.FAILED) {
            split.onHeadFailed();
        }
        assertThat(split.state()).isEqualTo(state);
        return split;
    }

    @ParameterizedTest(name = "{0}: none {1}, sent {2}, done {3}, failed {4}")
    @CsvSource({
        "BEGIN,       NONE,   NONE,   NONE,   NONE",
        "SENT,        SENT,   SENT,   SENT,   SENT",
        "DONE,        DONE,   DONE,   DONE,   DONE",
        "FAILED,      FAILED, FAILED, FAILED, FAILED",
        "TAKE_DONE,   NONE,   SENT,   NONE,   FAILED",
        "TAKE_FAILED, NONE,   SENT,   DONE,   NONE"
    })
    void eachStateUnderEachEvent(Event event, State none, State sent, State done, State failed) {
        assertThat(List.of(State.values()).stream().map(state -> {
                    SplitQuery split = in(state);
                    event.call.accept(split);
                    return split.state();
                }))
                .containsExactly(none, sent, done, failed);
    }

    @ParameterizedTest
    @EnumSource
    void endIsToldOnce(State state) {
        SplitQuery split = in(state);
        assertThat(split.takeHeadDone()).isEqualTo(state == State.DONE);
        assertThat(split.takeHeadFailed()).isEqualTo(state == State.FAILED);

        assertThat(split.takeHeadDone() || split.takeHeadFailed()).isFalse();
    }
}
