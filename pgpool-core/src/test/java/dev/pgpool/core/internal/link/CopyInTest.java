package dev.pgpool.core.internal.link;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.internal.link.CopyIn.Count;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What is known of the ReadyForQuery messages that a server owes after a COPY. */
class CopyInTest {

    private static final int STEPS = 100_000;

    @SuppressWarnings("ImmutableEnumChecker") // lambdas without state
    enum Event {
        BEGIN(CopyIn::begin),
        RESPONSE(copy -> copy.onCopyInResponse(0, false)),
        SYNC(CopyIn::takesSync),
        ENDED(CopyIn::onEnded),
        COMPLETE(CopyIn::onCommandComplete),
        ANSWERED(CopyIn::onAnswered),
        ERROR(CopyIn::onError),
        RESYNC(CopyIn::onResync),
        RESYNCED(CopyIn::onResynced);

        private final Consumer<CopyIn> call;

        Event(Consumer<CopyIn> call) {
            this.call = call;
        }
    }

    /** Where no data is taken, where they are, and where a Sync was sent into them. */
    private static CopyIn in(int place) {
        CopyIn copy = new CopyIn();
        if (place > 0) {
            copy.onCopyInResponse(0, false);
        }
        if (place > 1) {
            assertThat(copy.takesSync()).isTrue();
        }
        return copy;
    }

    @ParameterizedTest(name = "{0}: no COPY {1}, COPY {2}, COPY with a Sync {3}")
    @CsvSource({
        "BEGIN,    false, false, false",
        "RESPONSE, true,  true,  true",
        "SYNC,     false, true,  true",
        "ENDED,    false, false, false",
        "COMPLETE, false, true,  true",
        "ANSWERED, false, false, false",
        "ERROR,    false, false, false",
        "RESYNC,   false, true,  true",
        "RESYNCED, false, true,  true"
    })
    void dataAreTakenFromTheResponseToTheFirstEnd(Event event, boolean none, boolean open, boolean withSync) {
        List<Boolean> taking = List.of(0, 1, 2).stream()
                .map(place -> {
                    CopyIn copy = in(place);
                    event.call.accept(copy);
                    return copy.isTakingData();
                })
                .toList();

        assertThat(taking).containsExactly(none, open, withSync);
    }

    @ParameterizedTest(name = "error after {0}: {1}")
    @CsvSource({
        "'',                         EXACT",
        "RESPONSE,                   EXACT",
        "SYNC,                       EXACT",
        "RESPONSE ENDED SYNC,        EXACT",
        "RESPONSE SYNC,              INEXACT",
        "RESPONSE SYNC ENDED,        INEXACT",
        "RESPONSE SYNC COMPLETE,     EXACT",
        "RESPONSE SYNC BEGIN,        EXACT",
        "RESPONSE SYNC ERROR BEGIN,  EXACT",
        "RESPONSE SYNC ERROR COMPLETE, INEXACT",
        "RESPONSE SYNC ERROR RESYNC, RESYNCING",
        "RESPONSE SYNC ERROR RESYNC RESYNCED, EXACT"
    })
    void errorIsInexactIfASyncWasSentIntoTheCopy(String before, Count after) {
        CopyIn copy = new CopyIn();
        if (!before.isEmpty()) {
            for (String event : before.split(" ", -1)) {
                Event.valueOf(event).call.accept(copy);
            }
        }

        copy.onError();

        assertThat(copy.count()).isEqualTo(after);
        assertThat(copy.isInexact()).isEqualTo(after != Count.EXACT);
        assertThat(copy.isResyncing()).isEqualTo(after == Count.RESYNCING);
    }

    @Test
    void syncsBehindTheCopyCountBeforeItsResponse() {
        CopyIn copy = new CopyIn();
        copy.onCopyInResponse(1, true);
        assertThat(copy.isTakingData()).as("ended already").isFalse();

        copy.onError();

        assertThat(copy.isInexact()).isTrue();
    }

    @Test
    void syncOutsideOfACopyIsOwedAnAnswer() {
        assertThat(new CopyIn().takesSync()).isFalse();
    }

    static List<Long> seeds() {
        return List.of(1L, 2L, 3L, new Random().nextLong());
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void agreesWithTheSyncsThatWereSent(long seed) {
        Random random = new Random(seed);
        CopyIn copy = new CopyIn();
        boolean taking = false;
        int into = 0;
        Count count = Count.EXACT;
        for (int step = 0; step < STEPS; step++) {
            Event event = Event.values()[random.nextInt(Event.values().length)];
            if ((event == Event.RESYNC && count != Count.INEXACT)
                    || (event == Event.RESYNCED && count != Count.RESYNCING)) {
                continue;
            }
            event.call.accept(copy);
            switch (event) {
                case BEGIN -> {
                    taking = false;
                    into = 0;
                    count = Count.EXACT;
                }
                case RESPONSE -> {
                    taking = true;
                    into = 0;
                }
                case SYNC -> into += taking ? 1 : 0;
                case ENDED, ANSWERED -> taking = false;
                case COMPLETE -> into = 0;
                case ERROR -> {
                    taking = false;
                    count = count == Count.EXACT && into > 0 ? Count.INEXACT : count;
                }
                case RESYNC -> count = Count.RESYNCING;
                case RESYNCED -> {
                    count = Count.EXACT;
                    into = 0;
                }
            }
            assertThat(copy.isTakingData()).as("seed %d, step %d", seed, step).isEqualTo(taking);
            assertThat(copy.count()).as("seed %d, step %d", seed, step).isEqualTo(count);
        }
    }
}
