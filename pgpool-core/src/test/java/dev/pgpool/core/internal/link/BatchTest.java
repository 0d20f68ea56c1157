package dev.pgpool.core.internal.link;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.internal.link.Batch.State;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Each state under each event, and long conversations beside a model that is made of plain answers to plain questions. */
class BatchTest {

    private static final int STEPS = 100_000;

    @SuppressWarnings("ImmutableEnumChecker") // lambdas without state
    enum Event {
        BEGIN(Batch::begin),
        MESSAGE(Batch::onMessage),
        DROPPED_ONLY(batch -> batch.onMessageDropped(true)),
        DROPPED_BEHIND(batch -> batch.onMessageDropped(false)),
        EXECUTE(Batch::onExecute),
        SYNC(Batch::onSync),
        FAILED(Batch::onBatchFailed),
        READY_LAST(batch -> batch.onReadyForQuery(true)),
        READY(batch -> batch.onReadyForQuery(false)),
        READY_UNOWED(Batch::onUnowedReadyForQuery),
        QUESTION(Batch::onQuestion),
        ANSWER_LAST(batch -> batch.onAnswer(true)),
        ANSWER(batch -> batch.onAnswer(false));

        private final Consumer<Batch> call;

        Event(Consumer<Batch> call) {
            this.call = call;
        }
    }

    private static Batch in(State state) {
        Batch batch = new Batch();
        switch (state) {
            case READY -> {}
            case OPEN -> batch.onMessage();
            case SKIPPING -> {
                batch.onMessage();
                batch.onBatchFailed();
            }
            case ASKING -> batch.onQuestion();
        }
        assertThat(batch.state()).isEqualTo(state);
        return batch;
    }

    @ParameterizedTest(name = "{0}: ready {1}, open {2}, skipping {3}, asking {4}")
    @CsvSource({
        "BEGIN,          READY,    READY,    READY,    READY",
        "MESSAGE,        OPEN,     OPEN,     SKIPPING, ASKING",
        "DROPPED_ONLY,   READY,    READY,    SKIPPING, ASKING",
        "DROPPED_BEHIND, READY,    OPEN,     SKIPPING, ASKING",
        "EXECUTE,        READY,    OPEN,     SKIPPING, ASKING",
        "SYNC,           READY,    OPEN,     OPEN,     ASKING",
        "FAILED,         SKIPPING, SKIPPING, SKIPPING, SKIPPING",
        "READY_LAST,     READY,    READY,    READY,    READY",
        "READY,          READY,    OPEN,     SKIPPING, ASKING",
        "READY_UNOWED,   READY,    READY,    READY,    READY",
        "QUESTION,       ASKING,   ASKING,   ASKING,   ASKING",
        "ANSWER_LAST,    READY,    READY,    READY,    READY",
        "ANSWER,         OPEN,     OPEN,     OPEN,     OPEN"
    })
    void eachStateUnderEachEvent(Event event, State ready, State open, State skipping, State asking) {
        assertThat(List.of(State.values()).stream().map(state -> {
                    Batch batch = in(state);
                    event.call.accept(batch);
                    return batch.state();
                }))
                .containsExactly(ready, open, skipping, asking);
    }

    @Test
    void executedIsForgottenByTheLastReadyForQueryOnly() {
        Batch batch = in(State.OPEN);
        batch.onExecute();
        batch.onBatchFailed();
        batch.onSync();
        batch.onReadyForQuery(false);
        batch.onUnowedReadyForQuery();
        assertThat(batch.hasExecuted()).isTrue();

        batch.onReadyForQuery(true);

        assertThat(batch.hasExecuted()).isFalse();
    }

    @Test
    void anotherClientHasExecutedNothing() {
        Batch batch = in(State.OPEN);
        batch.onExecute();

        batch.begin();

        assertThat(batch.hasExecuted()).isFalse();
    }

    static List<Long> seeds() {
        return List.of(1L, 2L, 3L, new Random().nextLong());
    }

    /** What a client and a server may do is decided here by what is on its way, of which the machine knows nothing. */
    @ParameterizedTest
    @MethodSource("seeds")
    void agreesWithWhatIsOnItsWay(long seed) {
        Random random = new Random(seed);
        Batch batch = new Batch();
        int owed = 0; // ReadyForQuery messages
        boolean unended = false; // messages of the client are behind the last Sync
        boolean executed = false;
        boolean skipping = false;
        boolean asking = false;
        for (int step = 0; step < STEPS; step++) {
            boolean clientsTurn = random.nextBoolean();
            if (clientsTurn && random.nextInt(3) == 0 && (unended || skipping)) {
                batch.onMessage();
                batch.onSync();
                owed++;
                unended = false;
                skipping = false;
            } else if (clientsTurn) {
                batch.onMessage();
                if (!skipping) {
                    unended = true;
                    if (random.nextBoolean()) {
                        batch.onExecute();
                        executed = true;
                    }
                }
            } else if (asking) {
                batch.onAnswer(owed == 0 && !unended);
                asking = false;
            } else if (owed > 0) {
                owed--;
                boolean last = owed == 0 && !unended;
                batch.onReadyForQuery(last);
                executed &= !last;
            } else if (unended) {
                batch.onBatchFailed();
                unended = false;
                skipping = true;
            } else if (!skipping) {
                batch.onQuestion();
                asking = true;
            }
            String where = "seed " + seed + ", step " + step;
            assertThat(batch.isReady()).as(where).isEqualTo(owed == 0 && !unended && !skipping && !asking);
            assertThat(batch.isSkipping()).as(where).isEqualTo(skipping);
            assertThat(batch.isAsking()).as(where).isEqualTo(asking);
            assertThat(batch.hasExecuted()).as(where).isEqualTo(executed);
        }
    }
}
