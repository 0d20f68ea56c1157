package dev.pgpool.backup.spring;

import dev.pgpool.backup.retention.RetentionPolicy;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** How long backups are kept, as properties say it; what they leave out is as in {@link RetentionPolicy#keepFor}. */
final class RetentionSettings {
    private Duration maxAge = RetentionPolicy.defaults().maxAge();
    private @Nullable Duration staleAfter;
    private int minKeep = RetentionPolicy.defaults().minKeep();
    private int daily;
    private int weekly;
    private int monthly;
    private int yearly;
    private double maxDeleteShare = RetentionPolicy.defaults().maxDeleteShare();

    /** Default 30 days. Age of the data from which a backup may go. */
    public RetentionSettings maxAge(Duration age) {
        maxAge = age;
        return this;
    }

    /** Default 3. So many of the newest good backups stay, whatever their age. */
    public RetentionSettings minKeep(int count) {
        minKeep = count;
        return this;
    }

    /** Default 0. The newest backup of each of so many last days that have one stays. */
    public RetentionSettings daily(int count) {
        daily = count;
        return this;
    }

    /** Default 0. The newest backup of each of so many last weeks that have one stays. */
    public RetentionSettings weekly(int count) {
        weekly = count;
        return this;
    }

    /** Default 0. The newest backup of each of so many last months that have one stays. */
    public RetentionSettings monthly(int count) {
        monthly = count;
        return this;
    }

    /** Default 0. The newest backup of each of so many last years that have one stays. */
    public RetentionSettings yearly(int count) {
        yearly = count;
        return this;
    }

    /** Default 0.5. Refuses to delete more than this share of a database's backups at once. */
    public RetentionSettings maxDeleteShare(double share) {
        maxDeleteShare = share;
        return this;
    }

    /** Default: as maxAge. Refuses to delete anything if the newest good backup is older than this. */
    public RetentionSettings staleAfter(Duration age) {
        staleAfter = age;
        return this;
    }

    RetentionPolicy policy() {
        return new RetentionPolicy(
                maxAge,
                minKeep,
                daily,
                weekly,
                monthly,
                yearly,
                maxDeleteShare,
                staleAfter == null ? maxAge : staleAfter);
    }
}
