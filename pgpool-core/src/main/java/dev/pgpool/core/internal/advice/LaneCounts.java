package dev.pgpool.core.internal.advice;

/** What a lane has counted since it began. */
public interface LaneCounts {
    long transactions();

    /** During which clients waited that then got a server. */
    long waitNanos();

    /** During which clients were in transactions that have ended. */
    long transactionNanos();

    /** During which servers worked on what has been answered. */
    long queryNanos();

    Durations transactionTimes();

    Durations waitTimes();
}
