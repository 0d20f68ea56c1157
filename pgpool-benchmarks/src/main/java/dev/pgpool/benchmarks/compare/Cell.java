package dev.pgpool.benchmarks.compare;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;

/** The rounds of one contender in one mode with one number of clients. */
final class Cell {
    private final List<Round> rounds = new ArrayList<>();

    /** One measurement; CPU is that of the contender's process, in microseconds per transaction. */
    record Round(double tps, double p50Millis, double p99Millis, double userMicros, double systemMicros) {
        static Round of(PgBench.Run run, ProcessUsage usage) {
            return new Round(
                    run.tps(),
                    run.percentileMillis(0.50),
                    run.percentileMillis(0.99),
                    usage.userMicros() / (double) run.transactions(),
                    usage.systemMicros() / (double) run.transactions());
        }

        double cpuMicros() {
            return userMicros + systemMicros;
        }
    }

    void add(Round round) {
        rounds.add(round);
    }

    boolean isEmpty() {
        return rounds.isEmpty();
    }

    double median(ToDoubleFunction<Round> figure) {
        return median(rounds.stream().mapToDouble(figure).toArray());
    }

    static double median(double... figures) {
        if (figures.length == 0) {
            return Double.NaN;
        }
        double[] sorted = figures.clone();
        java.util.Arrays.sort(sorted);
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
