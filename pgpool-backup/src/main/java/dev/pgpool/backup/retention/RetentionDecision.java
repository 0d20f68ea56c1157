package dev.pgpool.backup.retention;

/**
 * The verdict on one backup.
 *
 * @param candidate the backup
 * @param verdict what becomes of it
 * @param reason why
 * @param detail the reason with its figures, for people
 */
public record RetentionDecision(Candidate candidate, Verdict verdict, RetentionReason reason, String detail) {}
