/** Where notices go: {@link dev.pgpool.certwatch.notify.WebhookNotifier} posts them to a URL. */
@NullMarked
package dev.pgpool.certwatch.notify;

import org.jspecify.annotations.NullMarked;
