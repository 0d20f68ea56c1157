package dev.pgpool.core.internal.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Any bytes, split anywhere, are the same sequence of messages as unsplit, and little is held back meanwhile. */
class MessageCursorFuzz {

    private static final int MUTANTS = 8_000;

    /** Longest message that {@link CursorWalk} gathers, and its type. */
    private static final int MOST_HELD = MessageCursor.SMALL_MESSAGE_LIMIT + 1;

    private static List<byte[]> corpus() {
        List<byte[]> corpus = new ArrayList<>(FuzzCorpus.of("frontend"));
        corpus.addAll(FuzzCorpus.of("backend"));
        assertThat(corpus).hasSizeGreaterThan(40);
        return corpus;
    }

    @Test
    void eachInputIsTheSameSplitAtEveryPosition() {
        for (byte[] input : corpus()) {
            byte[] bytes = Arrays.copyOf(input, Math.min(input.length, 1_500));
            String whole = CursorWalk.over(bytes).toString();
            for (int at = 0; at <= bytes.length; at++) {
                assertThat(CursorWalk.over(bytes, at)).hasToString(whole);
            }
            int[] single = new int[bytes.length];
            Arrays.fill(single, 1);
            assertThat(CursorWalk.over(bytes, single)).hasToString(whole);
        }
    }

    @Test
    void mutantsAreTheSameInRandomPieces() {
        List<byte[]> corpus =
                corpus().stream().filter(input -> input.length < 8_000).toList();
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        for (int i = 0; i < MUTANTS; i++) {
            byte[] bytes = FuzzCorpus.mutant(corpus, random);
            int[] sizes = random.ints(1 + random.nextInt(12), 0, 40).toArray();
            CursorWalk whole = CursorWalk.over(bytes);
            CursorWalk split = CursorWalk.over(bytes, sizes);
            assertThat(split)
                    .as(() -> "seed " + seed + " sizes " + Arrays.toString(sizes) + " of "
                            + HexFormat.of().formatHex(bytes))
                    .hasToString(whole.toString());
            assertThat(split.mostHeld).isLessThanOrEqualTo(MOST_HELD);
        }
    }
}
