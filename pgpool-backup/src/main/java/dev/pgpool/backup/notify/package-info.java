/**
 * Notices for people. {@link dev.pgpool.backup.notify.WebhookNotifier} is the door; what is worth a notice is decided by
 * {@link dev.pgpool.backup.notify.NoticeRules}, which knows nothing of HTTP.
 */
@NullMarked
package dev.pgpool.backup.notify;

import org.jspecify.annotations.NullMarked;
