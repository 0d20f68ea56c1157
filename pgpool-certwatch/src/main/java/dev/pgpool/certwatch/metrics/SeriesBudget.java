package dev.pgpool.certwatch.metrics;

/** How many certificates may have meters of their own. Guarded by the {@link CertWatchMetrics} that made it. */
final class SeriesBudget {

    private final int max;
    private int taken;

    SeriesBudget(int max) {
        this.max = max;
    }

    boolean allowsAny() {
        return max > 0;
    }

    boolean take() {
        if (taken >= max) {
            return false;
        }
        taken++;
        return true;
    }

    void giveBack() {
        taken--;
    }
}
