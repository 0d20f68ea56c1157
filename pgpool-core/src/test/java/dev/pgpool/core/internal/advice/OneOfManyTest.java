package dev.pgpool.core.internal.advice;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class OneOfManyTest {
    @Test
    void eachHasTheSameChanceAndFewAreChosen() {
        OneOfMany choice = new OneOfMany(1);
        int[] last = new int[21];
        int chosen = 0;
        for (int round = 0; round < 100_000; round++) {
            choice.begin();
            int one = 0;
            for (int number = 1; number <= 20; number++) {
                if (choice.isChosen(number)) {
                    one = number;
                    chosen++;
                }
            }
            last[one]++;
        }
        assertThat(last[0]).isZero();
        for (int number = 1; number <= 20; number++) {
            assertThat(last[number]).isBetween(4_700, 5_300);
        }
        // the sum of 1/n up to 20 is 3.6
        assertThat(chosen / 100_000.0).isBetween(3.5, 3.7);
    }
}
