package dev.pgpool.core.internal.advice;

import java.util.SplittableRandom;

/**
 * Chooses one of those that come, each with the same chance, without knowing how many will: a later choice replaces the one before.
 * Of {@code n} that come it chooses about {@code ln n}, so that what is done for each choice costs little.
 */
final class OneOfMany {
    private final SplittableRandom dice;
    private int next = 1;

    OneOfMany(long seed) {
        this.dice = new SplittableRandom(seed);
    }

    /** Begins anew. */
    void begin() {
        next = 1;
    }

    /** @param number of the one that has come, from 1, without a gap */
    boolean isChosen(int number) {
        if (number < next) {
            return false;
        }
        // after the choice of this one, the chance that none up to n is chosen is number / n
        next = (int) Math.min(Integer.MAX_VALUE, Math.max(number + 1L, (long) (number / (1 - dice.nextDouble())) + 1));
        return true;
    }
}
