package dev.pgpool.backup.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pgpool.backup.store.StoreException.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every store must do; run for each of them. */
abstract class ObjectStoreContract {

    static final int PART = 5 << 20;

    private ObjectStore store;

    abstract ObjectStore open();

    ObjectStore store() {
        return store;
    }

    @BeforeEach
    void openStore() {
        store = open();
    }

    @AfterEach
    void closeStore() {
        store.close();
    }

    @Test
    void whatIsPutIsReadBack() throws IOException {
        store.put("a/b/c.txt", bytes("hello"), WriteOptions.of("text/plain").with(Map.of("who", "test")));

        assertThat(read("a/b/c.txt", 0, 5)).isEqualTo(bytes("hello"));
        assertThat(read("a/b/c.txt", 1, 3)).isEqualTo(bytes("ell"));
        assertThat(store.stat("a/b/c.txt"))
                .hasValueSatisfying(o -> assertThat(o.size()).isEqualTo(5));
        assertThat(store.stat("a/b/nothing")).isEmpty();
        assertThat(store.stat("a/b")).isEmpty();
    }

    @Test
    void readingWhatIsNotThereIsNotFound() {
        assertThatThrownBy(() -> read("no/such", 0, 1))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.kind()).isEqualTo(Kind.NOT_FOUND));
    }

    @Test
    void listingTakesThePrefixLiterallyAndSorts() {
        for (String key : List.of("app/1", "app_test/1", "app/2", "app~2Ftmp/1", "other")) {
            store.put(key, bytes(key), WriteOptions.of("text/plain"));
        }

        assertThat(keys("app/")).containsExactly("app/1", "app/2");
        assertThat(keys("app")).containsExactly("app/1", "app/2", "app_test/1", "app~2Ftmp/1");
        assertThat(keys("none/")).isEmpty();
    }

    @Test
    void writeIfAbsentLetsOneOfManyThrough() throws Exception {
        int writers = 8;
        ExecutorService threads = Executors.newFixedThreadPool(writers);
        try {
            List<Callable<Boolean>> attempts = new ArrayList<>();
            for (int i = 0; i < writers; i++) {
                byte[] content = bytes("writer " + i);
                attempts.add(() -> {
                    try {
                        store.put(
                                "lease", content, WriteOptions.of("text/plain").on(new WriteCondition.IfAbsent()));
                        return true;
                    } catch (StoreException e) {
                        assertThat(e.kind()).isIn(Kind.CONFLICT, Kind.TRANSIENT);
                        return false;
                    }
                });
            }
            int winners = 0;
            for (Future<Boolean> attempt : threads.invokeAll(attempts)) {
                winners += attempt.get() ? 1 : 0;
            }
            assertThat(winners).isEqualTo(1);
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void writeIfMatchesNeedsThePresentVersion() {
        store.put("lease", bytes("first"), WriteOptions.of("text/plain"));
        String first = store.stat("lease").orElseThrow().etag();
        store.put("lease", bytes("second"), WriteOptions.of("text/plain").on(new WriteCondition.IfMatches(first)));

        assertThatThrownBy(() -> store.put(
                        "lease", bytes("third"), WriteOptions.of("text/plain").on(new WriteCondition.IfMatches(first))))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.kind()).isEqualTo(Kind.CONFLICT));
    }

    @Test
    void partsBecomeAnObjectOnlyOnCompletion() throws IOException {
        byte[] content = new byte[2 * PART + 1000];
        new Random(1).nextBytes(content);
        MultipartWrite write = store.startMultipart("big", WriteOptions.of("application/octet-stream"));
        PartReceipt third = write.put(part(3, 2L * PART, content, 1000));
        PartReceipt first = write.put(part(1, 0, content, PART));
        PartReceipt second = write.put(part(2, PART, content, PART));

        assertThat(store.stat("big")).isEmpty();
        assertThat(keys("")).doesNotContain("big");
        List<PendingWrite> pending = new ArrayList<>();
        store.pendingWrites("bi", pending::add);
        assertThat(pending).extracting(PendingWrite::key).containsExactly("big");

        StoredObject object = write.complete(List.of(first, second, third));
        assertThat(object.size()).isEqualTo(content.length);
        assertThat(read("big", 0, content.length)).isEqualTo(content);
        assertThat(read("big", PART - 3L, 7)).isEqualTo(java.util.Arrays.copyOfRange(content, PART - 3, PART + 4));
        pending.clear();
        store.pendingWrites("", pending::add);
        assertThat(pending).isEmpty();
    }

    @Test
    void aPartMayBeSentAgain() throws IOException {
        byte[] content = new byte[PART + 10];
        new Random(2).nextBytes(content);
        MultipartWrite write = store.startMultipart("again", WriteOptions.of("application/octet-stream"));
        write.put(part(1, 0, new byte[PART], PART));
        PartReceipt first = write.put(part(1, 0, content, PART));
        PartReceipt second = write.put(part(2, PART, content, 10));
        write.complete(List.of(first, second));

        assertThat(read("again", 0, content.length)).isEqualTo(content);
    }

    @Test
    void aPartWithAnotherChecksumIsRefused() {
        MultipartWrite write = store.startMultipart("damaged", WriteOptions.of("application/octet-stream"));
        assertThatThrownBy(() -> write.put(new Part(1, 0, bytes("abc"), 3, 4711)))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.kind()).isIn(Kind.INTEGRITY, Kind.REJECTED));
        write.abort();
        assertThat(store.stat("damaged")).isEmpty();
    }

    @Test
    void abortedWritesLeaveNothing() {
        MultipartWrite write = store.startMultipart("given-up", WriteOptions.of("application/octet-stream"));
        write.put(part(1, 0, new byte[PART], PART));
        List<PendingWrite> pending = new ArrayList<>();
        store.pendingWrites("given", pending::add);
        assertThat(pending).hasSize(1);

        store.abort(pending.get(0));
        store.abort(pending.get(0));

        pending.clear();
        store.pendingWrites("", pending::add);
        assertThat(pending).isEmpty();
        assertThat(store.stat("given-up")).isEmpty();
    }

    @Test
    void deletingReportsNothingForKeysThatAreGone() {
        store.put("x/1", bytes("1"), WriteOptions.of("text/plain"));

        assertThat(store.delete(List.of("x/1", "x/2"))).isEmpty();
        assertThat(keys("x/")).isEmpty();
        assertThat(store.delete(List.of())).isEmpty();
    }

    @Test
    void theProbeFindsWhatEngineNeedsAndLeavesNothing() {
        StoreReport report = store.probe("p/");

        assertThat(report.table()).contains(store.describe());
        for (StoreFeature feature : List.of(
                StoreFeature.READ_WRITE,
                StoreFeature.DELETE,
                StoreFeature.MULTIPART,
                StoreFeature.LIST_MULTIPART,
                StoreFeature.WRITE_IF_ABSENT,
                StoreFeature.WRITE_IF_MATCHES,
                StoreFeature.CHECKSUM)) {
            assertThat(report.findings().get(feature)).as(feature.name()).isEqualTo(StoreReport.YES);
        }
        assertThat(report.findings()).containsKeys(StoreFeature.values());
        assertThat(keys("p/")).isEmpty();
    }

    List<String> keys(String prefix) {
        List<String> keys = new ArrayList<>();
        store.list(prefix, object -> keys.add(object.key()));
        return keys;
    }

    byte[] read(String key, long offset, long length) throws IOException {
        try (InputStream in = store.open(key, offset, length)) {
            return in.readAllBytes();
        }
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static Part part(int number, long offset, byte[] content, int length) {
        byte[] data = java.util.Arrays.copyOfRange(content, (int) offset, (int) offset + length);
        if (content.length < offset + length || content.length == length) {
            data = content;
        }
        CRC32C crc = new CRC32C();
        crc.update(data, 0, length);
        return new Part(number, offset, data, length, (int) crc.getValue());
    }
}
