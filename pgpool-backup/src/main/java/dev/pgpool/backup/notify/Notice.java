package dev.pgpool.backup.notify;

import java.time.Instant;

/**
 * Something that people should know.
 *
 * @param kind what it is about
 * @param subject of what: {@code backup}, or {@code verify} and the database
 * @param message for people; without secrets
 * @param reason the failure's reason, empty for good news
 * @param at when it was seen
 * @param repeated true if it was told before and is still so
 */
public record Notice(Kind kind, String subject, String message, String reason, Instant at, boolean repeated) {

    /** All of it in one line. */
    public String text() {
        return kind + (repeated ? " (still)" : "") + ": " + subject + (message.isEmpty() ? "" : ": " + message)
                + (reason.isEmpty() ? "" : " [" + reason + "]");
    }

    /** What a notice is about. */
    public enum Kind {
        /** Something began to fail, or fails still. */
        FAILED,
        /** A run has begun. */
        STARTED,
        /** A run has succeeded, whether or not the one before had. */
        SUCCEEDED,
        /** It works again. */
        RECOVERED,
        /** No backup has succeeded for too long, whether or not any was tried. */
        OVERDUE,
        /** Retention met something that a person should look at. */
        ATTENTION
    }
}
