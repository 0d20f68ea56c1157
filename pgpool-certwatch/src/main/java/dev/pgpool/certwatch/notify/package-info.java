/** Where notices go: {@link dev.pgpool.certwatch.notify.Webhook} posts them to a URL. */
@NullMarked
package dev.pgpool.certwatch.notify;

import org.jspecify.annotations.NullMarked;
