package dev.pgpool.core.advice;

import java.time.Duration;

/** The time that an advice looks back on. It ends now and begins up to one of its parts later than its length says. */
public enum AdviceWindow {
    HOUR(Duration.ofHours(1), 12),
    DAY(Duration.ofDays(1), 12),
    WEEK(Duration.ofDays(7), 7);

    private final Duration length;
    private final int parts;

    AdviceWindow(Duration length, int parts) {
        this.length = length;
        this.parts = parts;
    }

    public Duration length() {
        return length;
    }

    /** How many parts it has; when one begins, the oldest is forgotten. */
    public int parts() {
        return parts;
    }
}
