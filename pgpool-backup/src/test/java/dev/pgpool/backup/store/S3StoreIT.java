package dev.pgpool.backup.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pgpool.backup.fixture.FaultProxy;
import dev.pgpool.backup.fixture.FaultProxy.Answer;
import dev.pgpool.backup.fixture.FaultProxy.CutAnswerAfter;
import dev.pgpool.backup.fixture.FaultProxy.PassThenAnswer;
import dev.pgpool.backup.fixture.FaultProxy.PassThenCut;
import dev.pgpool.backup.fixture.FaultProxy.Request;
import dev.pgpool.backup.fixture.FaultProxy.Stall;
import dev.pgpool.backup.fixture.S3Server;
import dev.pgpool.backup.store.StoreException.Kind;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class S3StoreIT extends ObjectStoreContract {

    private final String bucket = S3Server.shared().newBucket();

    @Override
    ObjectStore open() {
        return S3Server.store(S3Server.shared().url(), bucket).build();
    }

    @Test
    void aWrongSecretIsDenied() {
        try (ObjectStore store = S3Store.builder()
                .endpoint(S3Server.shared().url())
                .bucket(bucket)
                .credentials(S3Server.ACCESS, "another-secret")
                .build()) {
            assertThatThrownBy(() -> store.put("k", bytes("v"), WriteOptions.of("text/plain")))
                    .isInstanceOfSatisfying(
                            StoreException.class, e -> assertThat(e.kind()).isEqualTo(Kind.DENIED))
                    .hasMessageNotContaining("another-secret");
        }
    }

    @Test
    void aDeadStoreIsNoticedWithinTheTimeouts() {
        try (FaultProxy proxy = FaultProxy.before(S3Server.shared().address()).always(r -> true, new Stall());
                ObjectStore store = S3Server.store(proxy.url(), bucket)
                        .timeouts(Duration.ofSeconds(2), Duration.ofMillis(300), Duration.ofSeconds(5))
                        .build()) {
            assertThatThrownBy(() -> store.stat("k"))
                    .isInstanceOfSatisfying(
                            StoreException.class, e -> assertThat(e.kind()).isEqualTo(Kind.TRANSIENT));
        }
    }

    @Test
    void anErrorInsideA200IsNoCompletion() throws IOException {
        completeUnder(new Answer(200, FaultProxy.error("InternalError")), true);
    }

    @Test
    void anEmpty200IsNoCompletion() throws IOException {
        completeUnder(new Answer(200, ""), true);
    }

    @Test
    void completionWhoseAnswerWasLostIsFoundByLooking() throws IOException {
        completeUnder(new PassThenCut(), false);
    }

    @Test
    void completionThatWasReportedAsFailedIsFoundByLooking() throws IOException {
        completeUnder(new PassThenAnswer(503, FaultProxy.error("SlowDown")), false);
    }

    private void completeUnder(FaultProxy.Fault fault, boolean failsFirst) throws IOException {
        byte[] content = new byte[PART + 10];
        new Random(3).nextBytes(content);
        try (FaultProxy proxy = FaultProxy.before(S3Server.shared().address()).on(Request::isComplete, 1, fault);
                ObjectStore store = S3Server.store(proxy.url(), bucket).build()) {
            MultipartWrite write = store.startMultipart("k", WriteOptions.of("application/octet-stream"));
            List<PartReceipt> receipts =
                    List.of(write.put(part(1, 0, content, PART)), write.put(part(2, PART, content, 10)));
            if (failsFirst) {
                assertThatThrownBy(() -> write.complete(receipts))
                        .isInstanceOfSatisfying(
                                StoreException.class,
                                e -> assertThat(e.retryable()).isTrue());
            }
            StoredObject object = write.complete(receipts);
            assertThat(object.size()).isEqualTo(content.length);
        }
        assertThat(read("k", 0, content.length)).isEqualTo(content);
    }

    @Test
    void anotherObjectOfTheSameKeyIsNotMistakenForOurs() {
        store().put("k", new byte[PART + 10], WriteOptions.of("text/plain"));
        try (FaultProxy proxy = FaultProxy.before(S3Server.shared().address())
                        .always(Request::isComplete, new Answer(200, ""));
                ObjectStore store = S3Server.store(proxy.url(), bucket).build()) {
            byte[] content = new byte[PART + 10];
            MultipartWrite write = store.startMultipart("k", WriteOptions.of("application/octet-stream"));
            List<PartReceipt> receipts =
                    List.of(write.put(part(1, 0, content, PART)), write.put(part(2, PART, content, 10)));
            assertThatThrownBy(() -> write.complete(receipts)).isInstanceOf(StoreException.class);
            write.abort();
        }
    }

    @Test
    void aPartThatTheStoreForgotFailsTheCompletion() {
        byte[] content = new byte[PART + 10];
        MultipartWrite write = store().startMultipart("k", WriteOptions.of("application/octet-stream"));
        PartReceipt first = write.put(part(1, 0, content, PART));
        PartReceipt lost = new PartReceipt(2, 10, "0123456789abcdef0123456789abcdef", 1);

        assertThatThrownBy(() -> write.complete(List.of(first, lost))).isInstanceOf(StoreException.class);
        write.abort();
        assertThat(store().stat("k")).isEmpty();
    }

    @Test
    void aGetThatIsCutOffIsAnError() {
        store().put("k", new byte[100_000], WriteOptions.of("text/plain"));
        try (FaultProxy proxy = FaultProxy.before(S3Server.shared().address())
                        .always(r -> r.isGetOf("/k"), new CutAnswerAfter(5000));
                ObjectStore store = S3Server.store(proxy.url(), bucket).build()) {
            assertThatThrownBy(() -> {
                        try (var in = store.open("k", 0, 100_000)) {
                            in.readAllBytes();
                        }
                    })
                    .isInstanceOf(IOException.class);
        }
    }

    @Test
    void listingGoesOverAllPagesAndShortOnes() {
        List<String> expected = new ArrayList<>();
        for (int i = 0; i < 1105; i++) {
            String key = String.format("many/%05d", i);
            store().put(key, bytes("x"), WriteOptions.of("text/plain"));
            expected.add(key);
        }
        assertThat(keys("many/")).isEqualTo(expected);

        assertThat(store().delete(expected)).isEmpty();
        assertThat(keys("many/")).isEmpty();
    }

    @Test
    void aConnectionLostWhileListingIsAPassingFailure() {
        store().put("l/1", bytes("1"), WriteOptions.of("text/plain"));
        try (FaultProxy proxy = FaultProxy.before(S3Server.shared().address())
                        .always(r -> r.target().contains("list-type=2"), new PassThenCut());
                ObjectStore store = S3Server.store(proxy.url(), bucket).build();
                ObjectStore nobody =
                        S3Server.store("http://127.0.0.1:1", bucket).build()) {
            for (ObjectStore each : List.of(store, nobody)) {
                assertThatThrownBy(() -> each.list("", o -> {}))
                        .isInstanceOfSatisfying(
                                StoreException.class, e -> assertThat(e.kind()).isEqualTo(Kind.TRANSIENT));
            }
        }
    }

    @Test
    void shortPagesAreFollowedByTheirTokens() {
        try (FaultProxy proxy = FaultProxy.before(S3Server.shared().address())
                        .always(r -> r.target().contains("continuation-token=second"), new Answer(200, page("c", "")))
                        .always(
                                r -> r.target().contains("continuation-token=first"),
                                new Answer(200, page("b", "second")))
                        .always(r -> r.target().contains("list-type=2"), new Answer(200, page("a", "first")));
                ObjectStore store = S3Server.store(proxy.url(), bucket).build()) {
            List<String> keys = new ArrayList<>();
            store.list("", object -> keys.add(object.key()));

            assertThat(keys).containsExactly("a", "b", "c");
        }
    }

    private static String page(String key, String nextToken) {
        return "<?xml version=\"1.0\" encoding=\"UTF-8\"?><ListBucketResult"
                + " xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>b</Name><Prefix></Prefix><MaxKeys>1</MaxKeys>"
                + "<IsTruncated>" + !nextToken.isEmpty() + "</IsTruncated>"
                + (nextToken.isEmpty() ? "" : "<NextContinuationToken>" + nextToken + "</NextContinuationToken>")
                + "<Contents><Key>" + key + "</Key><LastModified>2026-11-23T02:30:00.000Z</LastModified>"
                + "<ETag>&quot;e&quot;</ETag><Size>1</Size></Contents></ListBucketResult>";
    }

    @Test
    void anObjectWhoseETagIsAnotherAfterCompletionIsRefused() {
        String other = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><CompleteMultipartUploadResult"
                + " xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Bucket>b</Bucket><Key>k</Key><Location>l</Location>"
                + "<ETag>&quot;00000000000000000000000000000000-2&quot;</ETag></CompleteMultipartUploadResult>";
        byte[] content = new byte[PART + 10];
        try (FaultProxy proxy = FaultProxy.before(S3Server.shared().address())
                        .on(Request::isComplete, 1, new PassThenAnswer(200, other));
                ObjectStore store = S3Server.store(proxy.url(), bucket).build()) {
            MultipartWrite write = store.startMultipart("k", WriteOptions.of("application/octet-stream"));
            List<PartReceipt> receipts =
                    List.of(write.put(part(1, 0, content, PART)), write.put(part(2, PART, content, 10)));

            assertThatThrownBy(() -> write.complete(receipts))
                    .isInstanceOfSatisfying(
                            StoreException.class, e -> assertThat(e.kind()).isEqualTo(Kind.INTEGRITY))
                    .hasMessageContaining("differs from that at completion");
        }
    }

    @Test
    void aListingThatFailsHalfwayIsAnError() {
        try (FaultProxy proxy = FaultProxy.before(S3Server.shared().address())
                        .always(
                                r -> r.target().contains("list-type=2"),
                                new Answer(403, FaultProxy.error("AccessDenied")));
                ObjectStore store = S3Server.store(proxy.url(), bucket).build()) {
            assertThatThrownBy(() -> store.list("", o -> {})).isInstanceOf(StoreException.class);
        }
    }

    /** What stands for a page of a listing and is none. Taken for an empty last page, it would make backups vanish. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>InternalError</Code><Message>again</Message></Error>",
                "<Error><Code>AccessDenied</Code></Error>",
                "<html><body>please log in</body></html>",
                "{\"error\": \"none\"}",
                "",
                "<ListBucketResult>",
                "<ListAllMyBucketsResult><Buckets></Buckets></ListAllMyBucketsResult>",
                "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>",
                "<ListBucketResult><Name>b</Name><IsTruncated>true</IsTruncated></ListBucketResult>"
            })
    void aPageThatIsNoneIsNoEndOfAListing(String body) {
        for (boolean first : List.of(true, false)) {
            try (FaultProxy proxy = FaultProxy.before(S3Server.shared().address())
                            .always(
                                    r -> r.target().contains("list-type=2")
                                            && first != r.target().contains("continuation-token=second"),
                                    new Answer(200, body))
                            .always(r -> r.target().contains("list-type=2"), new Answer(200, page("a", "second")));
                    ObjectStore store = S3Server.store(proxy.url(), bucket).build()) {
                assertThatThrownBy(() -> store.list("", o -> {}))
                        .as("first page: " + first)
                        .isInstanceOf(StoreException.class);
            }
        }
    }

    @Test
    void deniedDeletesAreReportedForEachKey() {
        store().put("d/1", bytes("1"), WriteOptions.of("text/plain"));
        try (FaultProxy proxy = FaultProxy.before(S3Server.shared().address())
                        .always(Request::isDelete, new Answer(403, FaultProxy.error("AccessDenied")));
                ObjectStore store = S3Server.store(proxy.url(), bucket).build()) {
            assertThat(store.delete(List.of("d/1", "d/2")))
                    .extracting(DeleteFailure::key)
                    .containsExactly("d/1", "d/2");
        }
        String perKey = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><DeleteResult"
                + " xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Deleted><Key>d/2</Key></Deleted><Error><Key>d/1</Key>"
                + "<Code>AccessDenied</Code><Message>locked</Message></Error></DeleteResult>";
        try (FaultProxy proxy = FaultProxy.before(S3Server.shared().address())
                        .always(Request::isDelete, new Answer(200, perKey));
                ObjectStore store = S3Server.store(proxy.url(), bucket).build()) {
            assertThat(store.delete(List.of("d/1", "d/2", "d/3")))
                    .extracting(DeleteFailure::key)
                    .containsExactlyInAnyOrder("d/1", "d/3");
        }
    }

    @Test
    void clockSkewIsNamed() {
        try (FaultProxy proxy = FaultProxy.before(S3Server.shared().address())
                        .always(r -> true, new Answer(403, FaultProxy.error("RequestTimeTooSkewed")));
                ObjectStore store = S3Server.store(proxy.url(), bucket).build()) {
            assertThatThrownBy(() -> store.put("k", bytes("v"), WriteOptions.of("text/plain")))
                    .hasMessageContaining("RequestTimeTooSkewed");
        }
    }
}
