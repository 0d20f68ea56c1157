package dev.pgpool.backup.retention;

import dev.pgpool.backup.internal.check.Problems;
import java.time.Duration;

/**
 * How long backups are kept. A backup goes only if it is older than {@code maxAge} <em>and</em> no other rule wants it.
 *
 * @param maxAge age of the data from which a backup may go; a duration of 24-hour days, without regard to time zones
 * @param minKeep so many of the newest good backups stay, whatever their age; at least 1
 * @param daily the newest backup of each of so many last UTC days that have one stays
 * @param weekly the same for ISO weeks
 * @param monthly the same for months
 * @param yearly the same for years
 * @param maxDeleteShare refuse to delete more than this share of a database's backups at once, from 0 to 1; one backup may
 *     always go
 * @param staleAfter refuse to delete anything if the newest good backup is older than this
 */
public record RetentionPolicy(
        Duration maxAge,
        int minKeep,
        int daily,
        int weekly,
        int monthly,
        int yearly,
        double maxDeleteShare,
        Duration staleAfter) {

    /** Checks all values and names each wrong one. */
    public RetentionPolicy {
        Problems problems = new Problems();
        problems.positive("maxAge", maxAge);
        problems.require(minKeep >= 1, "minKeep", minKeep, ">= 1");
        problems.require(
                daily >= 0 && weekly >= 0 && monthly >= 0 && yearly >= 0,
                "generations",
                "daily " + daily + ", weekly " + weekly + ", monthly " + monthly + ", yearly " + yearly,
                ">= 0");
        problems.require(maxDeleteShare >= 0 && maxDeleteShare <= 1, "maxDeleteShare", maxDeleteShare, "0 to 1");
        problems.positive("staleAfter", staleAfter);
        problems.throwIfAny("retention: ");
    }

    /** 30 days, at least 3 backups, no generations, at most half at once, stale after 30 days. */
    public static RetentionPolicy defaults() {
        return keepFor(Duration.ofDays(30));
    }

    /** The defaults with another age, which is also when the newest backup counts as stale. */
    public static RetentionPolicy keepFor(Duration maxAge) {
        return new RetentionPolicy(maxAge, 3, 0, 0, 0, 0, 0.5, maxAge);
    }

    /** The same with another floor. */
    public RetentionPolicy withMinKeep(int count) {
        return new RetentionPolicy(maxAge, count, daily, weekly, monthly, yearly, maxDeleteShare, staleAfter);
    }

    /** The same with generations beyond the age; 0 for none of a kind. */
    public RetentionPolicy withGenerations(int days, int weeks, int months, int years) {
        return new RetentionPolicy(maxAge, minKeep, days, weeks, months, years, maxDeleteShare, staleAfter);
    }

    /** The same with another share; 1 switches the guard off. */
    public RetentionPolicy withMaxDeleteShare(double share) {
        return new RetentionPolicy(maxAge, minKeep, daily, weekly, monthly, yearly, share, staleAfter);
    }

    /** The same with another age of the newest good backup from which nothing is deleted. */
    public RetentionPolicy withStaleAfter(Duration age) {
        return new RetentionPolicy(maxAge, minKeep, daily, weekly, monthly, yearly, maxDeleteShare, age);
    }
}
