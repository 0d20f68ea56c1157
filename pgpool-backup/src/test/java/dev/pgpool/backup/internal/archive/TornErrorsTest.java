package dev.pgpool.backup.internal.archive;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The jobs of one pg_restore write to one stderr, each line in several pieces. */
class TornErrorsTest {
    private static final String PROGRAM = "pg_restore: ";
    private static final String MESSAGE = "COPY failed for table \"b\": ERROR:  relation \"a\" does not exist";
    private static final List<String> FAILURE = List.of(PROGRAM, "error: ", MESSAGE, "\n");

    private static final List<List<String>> PROGRESS = List.of(
            List.of(PROGRAM, "finished item 3261 TABLE DATA a", "\n"),
            List.of(PROGRAM, "launching item 3262 TABLE DATA warning: a", "\n"),
            List.of(PROGRAM, "skipping item 3263 SCHEMA public", "\n"));

    private final Random random = new Random(9);

    @Test
    void anErrorIsOneHoweverItIsTorn() {
        for (int round = 0; round < 5_000; round++) {
            StringBuilder text = new StringBuilder();
            List<Iterator<String>> writers = new ArrayList<>();
            writers.add(FAILURE.iterator());
            writers.add(PROGRESS.get(random.nextInt(PROGRESS.size())).iterator());
            while (!writers.isEmpty()) {
                Iterator<String> writer = writers.get(random.nextInt(writers.size()));
                text.append(writer.next());
                if (!writer.hasNext()) {
                    writers.remove(writer);
                }
            }
            text.append("pg_restore: warning: errors ignored on restore: 1\n");
            LoadErrors errors = new LoadErrors();

            text.toString().lines().forEach(errors);

            assertThat(errors.otherCount()).as(text.toString()).isEqualTo(1);
            assertThat(errors.others())
                    .as(text.toString())
                    .singleElement()
                    .asString()
                    .contains("relation \"a\" does not exist");
            assertThat(errors.finished()).isTrue();
        }
    }

    @Test
    void tableWhoseNameSaysErrorIsNone() {
        LoadErrors errors = new LoadErrors();
        errors.accept("pg_restore: launching item 3262 TABLE DATA error: a");
        errors.accept("pg_restore: finished item 3262 TABLE DATA error: a");
        errors.accept("error: a");

        assertThat(errors.otherCount()).isZero();
    }
}
