package dev.pgpool.backup.internal.lock;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.pgpool.backup.catalog.BackupId;
import dev.pgpool.backup.internal.catalog.Catalog;
import dev.pgpool.backup.internal.context.Cancellation;
import dev.pgpool.backup.internal.context.EngineContext;
import dev.pgpool.backup.internal.json.Json;
import dev.pgpool.backup.internal.log.PeerLog;
import dev.pgpool.backup.report.FailureReason;
import dev.pgpool.backup.store.StoreException;
import dev.pgpool.backup.store.StoredObject;
import dev.pgpool.backup.store.WriteCondition;
import dev.pgpool.backup.store.WriteOptions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * An object in the store that says who runs, written only if absent and renewed only if unchanged. A holder that died leaves
 * it behind; once it has expired, others take it over, also only if unchanged, so that just one of them does. A holder whose
 * lease was taken from it stops its run.
 */
final class Lease implements AutoCloseable {

    private static final PeerLog LOGGER = PeerLog.of(Lease.class);

    private final EngineContext context;
    private final String key;
    private final LeaseContent template;
    private final Cancellation cancellation;
    private @Nullable ScheduledFuture<?> renewal;
    private String etag;
    private long renewedNanos = System.nanoTime();
    private boolean lost;

    private Lease(EngineContext context, String key, LeaseContent content, String etag, Cancellation cancellation) {
        this.context = context;
        this.key = key;
        this.template = content;
        this.etag = etag;
        this.cancellation = cancellation;
    }

    record Attempt(@Nullable Lease lease, String holder) {}

    static Attempt tryTake(
            EngineContext context,
            Catalog catalog,
            String name,
            BackupId run,
            String holder,
            Cancellation cancellation) {
        String key = catalog.layout().lease(name);
        Instant now = context.clock().instant();
        LeaseContent content = new LeaseContent(UUID.randomUUID().toString(), name, holder, run.value(), now, now)
                .renewed(now, context.config().run().leaseTime());
        Optional<StoredObject> present =
                context.retry().call("stat", () -> context.store().stat(key));
        WriteCondition condition = new WriteCondition.IfAbsent();
        if (present.isPresent()) {
            LeaseContent other = catalog.document(key, LeaseContent.class).orElse(null);
            if (other != null && other.expiresAt().isAfter(now)) {
                return new Attempt(null, describe(other));
            }
            LOGGER.info(
                    "Taking over the expired lease of {}", other == null ? "an unreadable holder" : describe(other));
            condition = new WriteCondition.IfMatches(present.get().etag());
        }
        try {
            write(context, key, content, condition);
        } catch (StoreException e) {
            if (e.kind() != StoreException.Kind.CONFLICT) {
                throw e;
            }
            // Either another runner was quicker, or our own write was repeated after its answer was lost.
            LeaseContent now2 = catalog.document(key, LeaseContent.class).orElse(null);
            if (now2 == null || !now2.token().equals(content.token())) {
                return new Attempt(null, now2 == null ? "another runner that was quicker" : describe(now2));
            }
        }
        String etag = context.retry()
                .call("stat", () -> context.store().stat(key))
                .map(StoredObject::etag)
                .orElse("");
        Lease lease = new Lease(context, key, content, etag, cancellation);
        lease.startRenewing();
        return new Attempt(lease, "");
    }

    private static String describe(LeaseContent content) {
        return content.holder() + " (run " + content.run() + ", lease until " + content.expiresAt() + ")";
    }

    private static void write(EngineContext context, String key, LeaseContent content, WriteCondition condition) {
        try {
            byte[] bytes = Json.MAPPER.writeValueAsBytes(content);
            context.retry()
                    .call(
                            "lease",
                            () -> context.store()
                                    .put(
                                            key,
                                            bytes,
                                            WriteOptions.of("application/json").on(condition)));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a lease cannot be written", e);
        }
    }

    private void startRenewing() {
        long millis = Math.max(1, context.config().run().leaseTime().toMillis() / 3);
        renewal = context.timer()
                .scheduleWithFixedDelay(
                        () -> context.workers().execute(this::renew), millis, millis, TimeUnit.MILLISECONDS);
    }

    private synchronized void renew() {
        ScheduledFuture<?> timer = renewal;
        if (lost || timer == null || timer.isCancelled()) {
            return;
        }
        Duration time = context.config().run().leaseTime();
        try {
            LeaseContent content = template.renewed(context.clock().instant(), time);
            write(context, key, content, new WriteCondition.IfMatches(etag));
            etag = context.store().stat(key).map(StoredObject::etag).orElse("");
            renewedNanos = System.nanoTime();
        } catch (StoreException e) {
            boolean taken = e.kind() == StoreException.Kind.CONFLICT || e.kind() == StoreException.Kind.NOT_FOUND;
            if ((taken && !stillOurs()) || System.nanoTime() - renewedNanos > time.toNanos()) {
                lost = true;
                cancellation.cancel(FailureReason.LOCKED, "the lease was lost: " + e.getMessage());
            } else {
                LOGGER.warn("Renewing the lease failed, it will be tried again: {}", e.getMessage());
            }
        }
    }

    /** After a lost answer our own renewal looks like another runner's change. */
    private boolean stillOurs() {
        try {
            Optional<StoredObject> now = context.store().stat(key);
            if (now.isEmpty() || !token(now.get()).equals(template.token())) {
                return false;
            }
            etag = now.get().etag();
            renewedNanos = System.nanoTime();
            return true;
        } catch (StoreException e) {
            LOGGER.warn("Looking at the lease failed: {}", e.getMessage());
            return false;
        }
    }

    private String token(StoredObject object) {
        try (java.io.InputStream in = context.store().open(key, 0, object.size())) {
            return Json.MAPPER.readValue(in, LeaseContent.class).token();
        } catch (java.io.IOException e) {
            throw new StoreException(StoreException.Kind.TRANSIENT, "reading the lease: " + e.getMessage(), e);
        }
    }

    @Override
    public void close() {
        ScheduledFuture<?> timer = renewal;
        if (timer != null) {
            timer.cancel(false);
        }
        synchronized (this) {
            if (lost || !stillOurs()) {
                return;
            }
            try {
                var failures =
                        context.retry().call("delete", () -> context.store().delete(List.of(key)));
                failures.forEach(f -> LOGGER.warn("The lease stays until it expires: {}", f.reason()));
            } catch (StoreException e) {
                LOGGER.warn("The lease stays until it expires: {}", e.getMessage());
            }
        }
    }
}
