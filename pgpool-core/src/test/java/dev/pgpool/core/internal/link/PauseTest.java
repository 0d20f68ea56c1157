package dev.pgpool.core.internal.link;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.internal.link.Pause.State;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Each state under each event, and what an event says of the client's ReadyForQuery. */
class PauseTest {

    @SuppressWarnings("ImmutableEnumChecker") // lambdas without state
    enum Event {
        BEGIN(Pause::begin),
        RESET_SENT(Pause::onResetSent),
        RESET_SEEN_INSIDE(pause -> pause.onResetSeen(false)),
        RESET_SEEN_BEHIND(pause -> pause.onResetSeen(true)),
        BATCH_END(Pause::onBatchEnd),
        READY(Pause::withholdsReady),
        NOT_OVER(Pause::onNotOver),
        SETTLED(Pause::onSettled);

        private final Consumer<Pause> call;

        Event(Consumer<Pause> call) {
            this.call = call;
        }
    }

    private static Pause in(State state) {
        Pause pause = new Pause();
        if (state != State.NONE) {
            pause.onResetSent();
        }
        if (state == State.PAUSED || state == State.WITHHELD) {
            pause.onBatchEnd();
        }
        if (state == State.WITHHELD) {
            assertThat(pause.withholdsReady()).isTrue();
        }
        assertThat(pause.state()).isEqualTo(state);
        return pause;
    }

    @ParameterizedTest(name = "{0}: none {1}, due {2}, paused {3}, withheld {4}")
    @CsvSource({
        "BEGIN,             NONE,   NONE,   NONE,     NONE",
        "RESET_SENT,        DUE,    DUE,    PAUSED,   WITHHELD",
        "RESET_SEEN_INSIDE, DUE,    DUE,    PAUSED,   WITHHELD",
        "RESET_SEEN_BEHIND, PAUSED, PAUSED, PAUSED,   WITHHELD",
        "BATCH_END,         NONE,   PAUSED, PAUSED,   WITHHELD",
        "READY,             NONE,   DUE,    WITHHELD, WITHHELD",
        "NOT_OVER,          DUE,    DUE,    DUE,      DUE",
        "SETTLED,           NONE,   NONE,   NONE,     NONE"
    })
    void eachStateUnderEachEvent(Event event, State none, State due, State paused, State withheld) {
        assertThat(List.of(State.values()).stream().map(state -> {
                    Pause pause = in(state);
                    event.call.accept(pause);
                    return pause.state();
                }))
                .containsExactly(none, due, paused, withheld);
    }

    @ParameterizedTest
    @EnumSource
    void clientWaitsWhilePaused(State state) {
        assertThat(in(state).isPaused()).isEqualTo(state == State.PAUSED || state == State.WITHHELD);
    }

    @ParameterizedTest
    @EnumSource
    void readyForQueryIsWithheldOnlyWhilePaused(State state) {
        Pause pause = in(state);

        assertThat(pause.withholdsReady()).isEqualTo(pause.isPaused());
    }

    @ParameterizedTest
    @EnumSource
    void onlyWhatWasWithheldIsTold(State state) {
        assertThat(in(state).onSettled()).isEqualTo(state == State.WITHHELD);
        assertThat(in(state).onNotOver()).isEqualTo(state == State.WITHHELD);
    }

    @ParameterizedTest
    @EnumSource
    void nothingIsToldTwice(State state) {
        Pause pause = in(state);
        pause.onSettled();

        assertThat(pause.onSettled()).isFalse();
    }
}
