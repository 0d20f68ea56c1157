package dev.pgpool.backup.internal.stream;

import dev.pgpool.backup.report.BackupException;
import dev.pgpool.backup.report.FailureReason;
import dev.pgpool.backup.store.StoreLimits;

/**
 * How large each part of an object is, so that an object of unknown size does not run into the store's largest number of
 * parts. Starts with a size that is enough for the estimate; and unless the store wants equal parts, doubles it each time a
 * quarter of the parts is used, up to a bound on memory.
 */
public final class PartPlan {

    private static final int STEPS = 4;

    private final int firstSize;
    private final int largestSize;
    private final StoreLimits limits;

    private PartPlan(int firstSize, int largestSize, StoreLimits limits) {
        this.firstSize = firstSize;
        this.largestSize = largestSize;
        this.limits = limits;
    }

    /**
     * A plan.
     *
     * @param partBytes wanted size of the first part
     * @param maxPartBytes bound on the size of any part, for the sake of memory
     * @param estimate of the object's size in bytes, 0 if there is none
     * @param limits of the store
     * @throws BackupException with STORE_LIMIT if the estimate does not fit whatever is done
     */
    public static PartPlan of(int partBytes, int maxPartBytes, long estimate, StoreLimits limits) {
        long first = Math.max(partBytes, limits.minPartBytes());
        long largest = Math.max(first, Math.min(maxPartBytes, limits.maxPartBytes()));
        if (limits.equalParts()) {
            while (first < largest && first * limits.maxParts() < estimate) {
                first = Math.min(largest, first * 2);
            }
            largest = first;
        } else {
            while (first < largest && capacity(first, largest, limits.maxParts()) < estimate) {
                first = Math.min(largest, first * 2);
            }
        }
        PartPlan plan = new PartPlan((int) first, (int) largest, limits);
        if (plan.capacity() < estimate) {
            throw new BackupException(
                    FailureReason.STORE_LIMIT,
                    "about " + estimate + " bytes do not fit into " + limits.maxParts() + " parts of at most " + largest
                            + " bytes, which are " + plan.capacity() + " (expected: a larger maxPartSize)");
        }
        return plan;
    }

    /** Size of a part. */
    public int sizeOf(int number) {
        return (int) size(firstSize, largestSize, limits.maxParts(), number);
    }

    /** Refuses a part that the store would refuse, before it is read. */
    public void check(int number) {
        if (number > limits.maxParts()) {
            throw new BackupException(
                    FailureReason.STORE_LIMIT,
                    "the dump is larger than " + capacity() + " bytes, which " + limits.maxParts() + " parts of "
                            + firstSize + " to " + largestSize
                            + " bytes hold (expected: a larger partSize or maxPartSize)");
        }
    }

    /** Bytes that fit into all parts. */
    public long capacity() {
        return capacity(firstSize, largestSize, limits.maxParts());
    }

    /** Size of the first part. */
    public int firstSize() {
        return firstSize;
    }

    private static long size(long first, long largest, int maxParts, int number) {
        int perStep = Math.max(1, maxParts / STEPS);
        int doublings = Math.min(STEPS - 1, (number - 1) / perStep);
        return Math.min(largest, first << doublings);
    }

    private static long capacity(long first, long largest, int maxParts) {
        int perStep = Math.max(1, maxParts / STEPS);
        long sum = 0;
        long counted = 0;
        for (int step = 0; step < STEPS && counted < maxParts; step++) {
            long parts = step == STEPS - 1 ? maxParts - counted : Math.min(perStep, maxParts - counted);
            sum = saturatedAdd(sum, saturatedMultiply(parts, Math.min(largest, first << step)));
            counted += parts;
        }
        return sum;
    }

    private static long saturatedMultiply(long a, long b) {
        return Math.multiplyHigh(a, b) != 0 || a * b < 0 ? Long.MAX_VALUE : a * b;
    }

    private static long saturatedAdd(long a, long b) {
        return a + b < 0 ? Long.MAX_VALUE : a + b;
    }
}
