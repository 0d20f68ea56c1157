package dev.pgpool.core.internal.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests and answers at random, in pieces at random. */
class OwedAnswersTest {
    private static final String WITH_END = "QSF";
    private static final String WITHOUT_END = "PBDEHdcCfp";
    private static final String ANSWERS = "12CDTENSAsGHW";

    private final OwedAnswers owed = new OwedAnswers();

    private static void message(ByteArrayOutputStream to, char type, Random random) {
        byte[] body = new byte[random.nextInt(40)];
        for (int i = 0; i < body.length; i++) {
            // what looks like messages
            body[i] = (byte) (random.nextBoolean() ? "QSFZ\5\4I".charAt(random.nextInt(7)) : 0);
        }
        to.writeBytes(ByteBuffer.allocate(5 + body.length)
                .put((byte) type)
                .putInt(4 + body.length)
                .put(body)
                .array());
    }

    private static char one(String of, Random random) {
        return of.charAt(random.nextInt(of.length()));
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void theLastOfAllAnswersIsFound(long seed) {
        Random random = new Random(seed);
        for (int i = 0; i < 2_000; i++) {
            owed.begin();
            ByteArrayOutputStream asked = new ByteArrayOutputStream();
            ByteArrayOutputStream answered = new ByteArrayOutputStream();
            int requests = 1 + random.nextInt(4);
            int end = 0;
            for (int r = 0; r < requests; r++) {
                for (int m = random.nextInt(4); m > 0; m--) {
                    message(asked, one(WITHOUT_END, random), random);
                    message(answered, one(ANSWERS, random), random);
                }
                message(asked, one(WITH_END, random), random);
                message(answered, 'Z', random);
                end = answered.size();
            }
            byte[] request = asked.toByteArray();
            for (int at = 0; at < request.length; ) {
                int piece = Math.min(1 + random.nextInt(30), request.length - at);
                owed.onWritten(request, at, piece);
                at += piece;
            }
            byte[] answer = answered.toByteArray();
            int at = 0;
            while (at < end) {
                int piece = Math.min(1 + random.nextInt(30), answer.length - at);
                boolean last = owed.isLast(answer, at, piece);
                at += piece;
                assertThat(last).isEqualTo(at >= end);
            }
        }
    }
}
