package dev.pgpool.core.internal.advice;

import dev.pgpool.core.advice.AdviceWindow;
import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The last hour, day and week, each in a few parts; the oldest part goes when a new one begins. So a window is as long as it
 * says, less a part at most. Not thread-safe.
 */
final class Windows {
    /** The parts of one window. */
    private static final class Ring {
        private final long partNanos;
        private final @Nullable Tally[] parts;
        private final long[] numbers;

        Ring(AdviceWindow window) {
            this.partNanos = window.length().toNanos() / window.parts();
            this.parts = new @Nullable Tally[window.parts()];
            this.numbers = new long[window.parts()];
        }

        void add(Tally tally, long sinceBegin) {
            long number = sinceBegin / partNanos;
            int place = (int) (number % parts.length);
            Tally part = parts[place];
            if (part == null || numbers[place] != number) {
                part = new Tally();
                parts[place] = part;
                numbers[place] = number;
            }
            part.add(tally);
        }

        Tally sum(long sinceBegin) {
            long newest = sinceBegin / partNanos;
            Tally sum = new Tally();
            for (int i = 0; i < parts.length; i++) {
                Tally part = parts[i];
                if (part != null && newest - numbers[i] < parts.length) {
                    sum.add(part);
                }
            }
            return sum;
        }
    }

    private final Map<AdviceWindow, Ring> rings = new EnumMap<>(AdviceWindow.class);
    private final long beginNanos;

    Windows(long beginNanos) {
        this.beginNanos = beginNanos;
        for (AdviceWindow window : AdviceWindow.values()) {
            rings.put(window, new Ring(window));
        }
    }

    void add(Tally tally, long nowNanos) {
        rings.values().forEach(ring -> ring.add(tally, Math.max(0, nowNanos - beginNanos)));
    }

    Tally sum(AdviceWindow window, long nowNanos) {
        Ring ring = rings.get(window);
        return ring == null ? new Tally() : ring.sum(Math.max(0, nowNanos - beginNanos));
    }
}
