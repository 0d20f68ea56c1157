package dev.pgpool.backup.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.util.Random;
import org.junit.jupiter.api.Test;

class BackupIdTest {

    @Test
    void idsRiseEvenIfTheClockIsSetBack() {
        Random random = new Random(1);
        BackupId first = BackupId.next(Instant.parse("2026-11-23T02:30:00Z"), null, random);
        BackupId second = BackupId.next(Instant.parse("2026-11-23T02:20:00Z"), first, random);
        BackupId third = BackupId.next(Instant.parse("2026-11-23T02:30:01Z"), second, random);

        assertThat(first.value()).startsWith("20261123T023000Z-");
        assertThat(second).isGreaterThan(first);
        assertThat(third).isGreaterThan(second);
        assertThat(second.time()).isEqualTo(Instant.parse("2026-11-23T02:30:01Z"));
    }

    @Test
    void anIdOfTheFarFutureDoesNotLeadTheOthers() {
        BackupId last = new BackupId("99991231T235959Z-00000000");
        assertThat(BackupId.next(Instant.parse("2026-11-23T02:30:00Z"), last, new Random(1))
                        .value())
                .startsWith("20261123T023000Z-");
    }

    @Test
    void otherTextIsNoId() {
        for (String text : new String[] {
            "",
            "20261345T000000Z-00000000",
            "20260230T000000Z-00000000",
            "../..",
            "20261123T023000Z",
            "20261123T023000Z-XYZ",
            "x20261123T023000Z-00000000"
        }) {
            assertThat(BackupId.isValid(text)).isFalse();
            assertThatThrownBy(() -> new BackupId(text)).isInstanceOf(IllegalArgumentException.class);
        }
    }
}
