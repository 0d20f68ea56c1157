package dev.pgpool.backup.store;

import dev.pgpool.backup.store.StoreException.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.zip.CRC32C;

/** The part of a probe that any store can be put to by its contract alone; stores add what only they know. */
final class StoreProbe {

    private static final byte[] CONTENT = "pgpool-backup probe".getBytes(StandardCharsets.US_ASCII);

    // A passing failure must not be taken for a missing feature.
    private static final int ATTEMPTS = 4;

    private final ObjectStore store;
    private final String base;
    private final Map<StoreFeature, String> findings = new EnumMap<>(StoreFeature.class);
    private final Set<StoreFeature> denied = EnumSet.noneOf(StoreFeature.class);

    StoreProbe(ObjectStore store, String prefix) {
        this.store = store;
        this.base = prefix + "probe-" + UUID.randomUUID();
    }

    /** Tries everything; a step that throws is a finding. */
    Map<StoreFeature, String> run() {
        attempt(StoreFeature.READ_WRITE, this::readWrite);
        if (!StoreReport.YES.equals(findings.get(StoreFeature.READ_WRITE))) {
            // A dead store would cost a time-out for every further step.
            for (StoreFeature feature : StoreFeature.values()) {
                findings.putIfAbsent(feature, "not tried, since nothing can be written and read");
            }
            return findings;
        }
        attempt(StoreFeature.WRITE_IF_ABSENT, this::ifAbsent);
        attempt(StoreFeature.WRITE_IF_MATCHES, this::ifMatches);
        attempt(StoreFeature.CHECKSUM, this::checksum);
        attempt(StoreFeature.MULTIPART, this::multipart);
        attempt(StoreFeature.LIST_MULTIPART, () -> store.pendingWrites(base, write -> {}));
        attempt(StoreFeature.DELETE, this::delete);
        return findings;
    }

    /** Features that the store has and refuses to this credential. */
    Set<StoreFeature> denied() {
        return denied;
    }

    void attempt(StoreFeature feature, Runnable step) {
        if (findings.containsKey(feature)) {
            return;
        }
        String finding = "not tried";
        for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
            try {
                step.run();
                finding = StoreReport.YES;
                break;
            } catch (StoreException e) {
                finding = String.valueOf(e.getMessage());
                if (!e.retryable()) {
                    if (e.kind() == Kind.DENIED) {
                        denied.add(feature);
                    }
                    break;
                }
            }
        }
        findings.put(feature, finding);
    }

    private void readWrite() {
        StoredObject written = store.put(base, CONTENT, WriteOptions.of("text/plain"));
        try (InputStream in = store.open(base, 0, written.size())) {
            if (!Arrays.equals(in.readAllBytes(), CONTENT)) {
                throw new StoreException(Kind.INTEGRITY, "read other bytes than were written");
            }
        } catch (IOException e) {
            throw new StoreException(Kind.TRANSIENT, "reading back failed: " + e.getMessage(), e);
        }
    }

    private void ifAbsent() {
        expectConflict(new WriteCondition.IfAbsent(), "If-None-Match is ignored: the object was overwritten");
    }

    private void ifMatches() {
        expectConflict(
                new WriteCondition.IfMatches("00000000000000000000000000000000"),
                "If-Match is ignored: the object was overwritten");
        StoredObject now = store.stat(base).orElseThrow(() -> new StoreException(Kind.NOT_FOUND, "no probe object"));
        store.put(base, CONTENT, WriteOptions.of("text/plain").on(new WriteCondition.IfMatches(now.etag())));
    }

    private void expectConflict(WriteCondition condition, String otherwise) {
        try {
            store.put(base, CONTENT, WriteOptions.of("text/plain").on(condition));
        } catch (StoreException e) {
            if (e.kind() == Kind.CONFLICT) {
                return;
            }
            throw e;
        }
        throw new StoreException(Kind.UNSUPPORTED, otherwise);
    }

    private void checksum() {
        MultipartWrite write = store.startMultipart(base + "-checksum", WriteOptions.of("text/plain"));
        try {
            write.put(new Part(1, 0, CONTENT, CONTENT.length, crc() ^ 1));
        } catch (StoreException e) {
            if (e.kind() == Kind.INTEGRITY || e.kind() == Kind.REJECTED) {
                return;
            }
            throw e;
        } finally {
            write.abort();
        }
        throw new StoreException(Kind.UNSUPPORTED, "a part with a wrong CRC32C was accepted");
    }

    private void multipart() {
        MultipartWrite write = store.startMultipart(base + "-parts", WriteOptions.of("text/plain"));
        try {
            PartReceipt receipt = write.put(new Part(1, 0, CONTENT, CONTENT.length, crc()));
            write.complete(List.of(receipt));
        } catch (StoreException e) {
            write.abort();
            throw e;
        }
    }

    private void delete() {
        List<DeleteFailure> failures = store.delete(List.of(base, base + "-parts"));
        if (!failures.isEmpty()) {
            throw new StoreException(
                    Kind.DENIED, "delete refused: " + failures.get(0).reason());
        }
        if (store.stat(base).isPresent()) {
            throw new StoreException(Kind.UNSUPPORTED, "a deleted object is still there");
        }
    }

    private static int crc() {
        CRC32C crc = new CRC32C();
        crc.update(CONTENT, 0, CONTENT.length);
        return (int) crc.getValue();
    }
}
