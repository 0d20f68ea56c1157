package dev.pgpool.backup.internal.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pgpool.backup.report.BackupException;
import dev.pgpool.backup.report.FailureReason;
import dev.pgpool.backup.store.StoreLimits;
import org.junit.jupiter.api.Test;

class PartPlanTest {

    private static final int MIB = 1 << 20;
    private static final StoreLimits TWENTY = new StoreLimits(5 * MIB, 5L << 30, 20, false);
    private static final StoreLimits TWENTY_EQUAL = new StoreLimits(5 * MIB, 5L << 30, 20, true);

    @Test
    void partsGrowBeforeTheWall() {
        PartPlan plan = PartPlan.of(5 * MIB, 40 * MIB, 0, TWENTY);

        assertThat(plan.sizeOf(1)).isEqualTo(5 * MIB);
        assertThat(plan.sizeOf(6)).isEqualTo(10 * MIB);
        assertThat(plan.sizeOf(11)).isEqualTo(20 * MIB);
        assertThat(plan.sizeOf(20)).isEqualTo(40 * MIB);
        assertThat(plan.capacity()).isEqualTo(5L * (5 + 10 + 20 + 40) * MIB);
    }

    @Test
    void equalPartsAreSizedByTheEstimate() {
        PartPlan plan = PartPlan.of(5 * MIB, 40 * MIB, 300L * MIB, TWENTY_EQUAL);

        assertThat(plan.sizeOf(1)).isEqualTo(20 * MIB);
        assertThat(plan.sizeOf(20)).isEqualTo(20 * MIB);
    }

    @Test
    void whatCannotFitIsRefusedEarlyByItsEstimate() {
        for (StoreLimits limits : new StoreLimits[] {TWENTY, TWENTY_EQUAL}) {
            assertThatThrownBy(() -> PartPlan.of(5 * MIB, 10 * MIB, 1000L * MIB, limits))
                    .isInstanceOfSatisfying(
                            BackupException.class, e -> assertThat(e.reason()).isEqualTo(FailureReason.STORE_LIMIT))
                    .hasMessageContaining("maxPartSize");
        }
    }

    @Test
    void thePartBeyondTheWallIsRefused() {
        PartPlan plan = PartPlan.of(5 * MIB, 5 * MIB, 0, TWENTY);

        plan.check(20);
        assertThatThrownBy(() -> plan.check(21)).hasMessageContaining("larger than 104857600 bytes");
    }

    @Test
    void theDefaultsHoldHundredsOfGibibytes() {
        assertThat(PartPlan.of(8 * MIB, 64 * MIB, 0, StoreLimits.S3).capacity()).isGreaterThan(290L << 30);
        assertThat(PartPlan.of(1, 1 << 20, 0, StoreLimits.NONE).capacity()).isPositive();
    }
}
