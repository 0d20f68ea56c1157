package dev.pgpool.backup.store.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pgpool.backup.BackupEngine;
import dev.pgpool.backup.BackupEngineBuilder;
import dev.pgpool.backup.catalog.BackupId;
import dev.pgpool.backup.catalog.BackupManifest;
import dev.pgpool.backup.catalog.CatalogEntry;
import dev.pgpool.backup.config.BackupKeys;
import dev.pgpool.backup.config.DumpFormat;
import dev.pgpool.backup.config.VerifyLevel;
import dev.pgpool.backup.event.BackupEvent;
import dev.pgpool.backup.fixture.FakeDump;
import dev.pgpool.backup.fixture.Source;
import dev.pgpool.backup.internal.catalog.KeyLayout;
import dev.pgpool.backup.internal.json.Json;
import dev.pgpool.backup.internal.stream.Digests;
import dev.pgpool.backup.internal.stream.Encryption;
import dev.pgpool.backup.metrics.BackupMetrics;
import dev.pgpool.backup.report.BackupException;
import dev.pgpool.backup.report.FailureReason;
import dev.pgpool.backup.report.LastRun;
import dev.pgpool.backup.report.RunReport;
import dev.pgpool.backup.report.VerifyReport;
import dev.pgpool.backup.restore.RestoreRequest;
import dev.pgpool.backup.retention.RetentionPolicy;
import dev.pgpool.backup.store.DirectoryStore;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Somebody who can write to the store must not get anything run, here or on a server, that is not in the backup. */
class HostileStoreIT {

    private static final String KEY = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    private static final String OTHER_KEY = "ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100";

    @TempDir
    static Path originals;

    @TempDir
    Path directory;

    /** How the backups were taken that a test spoils. */
    private enum Kind {
        KEYS,
        PLAIN_FORMAT,
        TWO,
        FAKE;

        BackupEngineBuilder apply(BackupEngineBuilder builder) {
            return switch (this) {
                case KEYS -> builder.encryption(keys("k1", KEY));
                case PLAIN_FORMAT -> builder.format(DumpFormat.PLAIN);
                case TWO -> builder;
                case FAKE -> builder.dumpCommand(FakeDump.script(originals, "archive 1"));
            };
        }
    }

    /** Backups of a database, by the runs that took them, in a store that tests copy. */
    private record Taken(Path store, String database, List<RunReport> runs) {

        private static final Map<Kind, Taken> ONCE = new ConcurrentHashMap<>();

        static Taken once(Kind kind) {
            return ONCE.computeIfAbsent(kind, Taken::take);
        }

        private static Taken take(Kind kind) {
            String database = Source.sampleDatabase();
            Path store = originals.resolve(kind.name());
            List<RunReport> runs = new ArrayList<>();
            try (BackupEngine engine =
                    kind.apply(HostileStoreIT.engine(store, database)).build()) {
                for (int i = 0; i < (kind == Kind.TWO ? 2 : 1); i++) {
                    runs.add(succeed(engine.run()));
                }
                RunReport last = runs.get(runs.size() - 1);
                if (kind != Kind.FAKE) {
                    assertThat(engine.verify(database, last.id(), VerifyLevel.CHECKED)
                                    .problems())
                            .isEmpty();
                }
            }
            return new Taken(store, database, runs);
        }

        RunReport last() {
            return runs.get(runs.size() - 1);
        }
    }

    /** A copy of such backups in this test's store. */
    private Taken taken(Kind kind) throws IOException {
        Taken taken = Taken.once(kind);
        try (Stream<Path> files = Files.walk(taken.store())) {
            for (Path file : files.toList()) {
                Path copy = directory.resolve(taken.store().relativize(file).toString());
                if (!Files.isDirectory(copy)) {
                    Files.copy(file, copy, StandardCopyOption.COPY_ATTRIBUTES);
                }
            }
        }
        return taken;
    }

    @AfterAll
    static void forget() {
        Taken.ONCE.clear();
    }

    /** Forgeries of a manifest by a writer without the key, who can make its digest right. */
    private static final Map<String, Consumer<ObjectNode>> FORGERIES = Map.of(
            "plain and unencrypted",
            tree -> {
                tree.putNull("encryption");
                ((ObjectNode) tree.path("tool")).put("format", "PLAIN");
            },
            "unencrypted",
            tree -> tree.putNull("encryption"),
            "another key's id",
            tree -> ((ObjectNode) tree.path("encryption")).put("keyId", "k9"),
            "other objects",
            tree -> ((ObjectNode) tree.path("objects").get(1))
                    .put("sha256", tree.path("objects").get(0).path("sha256").asText()),
            "other rows",
            tree -> ((ObjectNode) tree.path("contents").path("tables")).put("public.orders", 1),
            "younger",
            tree -> tree.put("startedAt", "2026-01-01T00:00:00Z"),
            "locale provider",
            tree -> ((ObjectNode) tree.path("source")).put("localeProvider", "libc OWNER = x"));

    static Set<String> forgeries() {
        return FORGERIES.keySet();
    }

    @ParameterizedTest
    @MethodSource("forgeries")
    void withKeysAForgedManifestIsNotBelieved(String forgery) throws IOException {
        Taken taken = taken(Kind.KEYS);
        String database = taken.database();
        RunReport run = taken.last();
        try (BackupEngine engine = engine(database).encryption(keys("k1", KEY)).build()) {
            forge(engine.catalog().list(database).get(0), Objects.requireNonNull(FORGERIES.get(forgery)), false);

            assertDistrusted(engine, database, run, "written with encryption key");
            forge(engine.catalog().list(database).get(0), tree -> {}, true);
            assertDistrusted(engine, database, run, "not authenticated");
        }
    }

    @Test
    void withKeysAPlainScriptInPlaceOfABackupIsNeitherReadNorRun() throws IOException {
        Taken taken = taken(Kind.KEYS);
        String database = taken.database();
        RunReport run = taken.last();
        Path proof = directory.resolve("proof");
        try (BackupEngine engine = engine(database).encryption(keys("k1", KEY)).build()) {
            CatalogEntry entry = engine.catalog().list(database).get(0);
            plant(entry, "\\! touch " + proof + "\n-- PostgreSQL database dump complete\n");

            assertDistrusted(engine, database, run, "not authenticated");
            assertThat(proof).doesNotExist();
        }
        try (BackupEngine engine = engine(database)
                .encryption(keys("k1", KEY))
                .trustUnencrypted(true)
                .build()) {
            VerifyReport report = engine.verify(
                    database, engine.catalog().list(database).get(0).id(), VerifyLevel.CHECKED);
            assertThat(report.passed()).isFalse();
            assertThat(proof)
                    .as("it is believed, and its script is run restricted")
                    .doesNotExist();
            assertThat(report.problems()).asString().contains("restricted");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\\! touch %s",
                "SELECT 1 \\g |touch %s",
                "\\o |touch %s",
                "SELECT 1; \\! touch %s",
                "\\copy (SELECT 1) TO PROGRAM 'touch %s'",
                "\\set x `touch %s`",
                "--\n\\! touch %s",
                "\\restrict abc\n\\unrestrict abc\n\\! touch %s",
                "\\unrestrict\n\\! touch %s",
                "/* */ \\! touch %s",
                "COPY public.customer (name) FROM stdin;\nx\n\\.\n\\! touch %s",
                "SELECT ':x' \\; SELECT 1 \\! touch %s"
            })
    void withoutKeysAPlainDumpRunsNoCommandHere(String script) throws IOException {
        Taken taken = taken(Kind.PLAIN_FORMAT);
        String database = taken.database();
        RunReport run = taken.last();
        Path proof = directory.resolve("proof");
        try (BackupEngine engine = engine(database).build()) {
            CatalogEntry entry = engine.catalog().list(database).get(0);
            plant(entry, String.format(script, proof) + "\n-- PostgreSQL database dump complete\n");

            VerifyReport report = engine.verify(database, run.id(), VerifyLevel.CHECKED);

            assertThat(report.passed()).isFalse();
            assertThat(proof).doesNotExist();
        }
    }

    @Test
    void psqlThatCannotBeRestrictedIsNotUsed() {
        String database = Source.sampleDatabase();
        try (BackupEngine engine = engine(database)
                .format(DumpFormat.PLAIN)
                .psqlCommand(FakeDump.script(directory, "15.13", "exit 0"))
                .build()) {
            succeed(engine.run());
            assertThatThrownBy(() -> engine.restore(RestoreRequest.intoNew(
                            new RestoreRequest.Latest(database), Source.server(), database + "_plain")))
                    .isInstanceOfSatisfying(
                            BackupException.class,
                            e -> assertThat(e.reason()).isEqualTo(FailureReason.VERSION_MISMATCH))
                    .hasMessageContaining("\\restrict");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "libc; DROP TABLE x",
                "icu ICU_LOCALE 'de' OWNER postgres --",
                "",
                "ICU",
                "builtin'",
            })
    void localeProviderIsAWordOfThree(String provider) throws IOException {
        Taken taken = taken(Kind.TWO);
        String database = taken.database();
        RunReport run = taken.last();
        try (BackupEngine engine = engine(database).build()) {
            forge(
                    engine.catalog().show(database, run.id()),
                    tree -> ((ObjectNode) tree.path("source")).put("localeProvider", provider),
                    false);
            VerifyReport report = engine.verify(database, run.id(), VerifyLevel.RESTORED);

            assertThat(report.problems()).singleElement().asString().contains("locale provider");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "source",
                "tool",
                "contents",
                "objects",
                "id",
                "startedAt",
                "finishedAt",
                "/source/database",
                "/source/encoding",
                "/source/localeProvider",
                "/tool/format",
                "/contents/tables",
                "/contents/roles",
                "/objects/0",
                "/objects/0/key",
                "/objects/0/sha256",
                "/objects/0/role"
            })
    void aManifestThatLacksAFieldIsUnreadableAndDoesNotHideOthers(String field) throws IOException {
        Taken taken = taken(Kind.TWO);
        String database = taken.database();
        RunReport run = taken.last();
        try (BackupEngine engine = engine(database).build()) {
            forge(
                    engine.catalog().show(database, run.id()),
                    tree -> {
                        int slash = field.lastIndexOf('/');
                        JsonNode parent = slash <= 0 ? tree : tree.at(field.substring(0, slash));
                        String last = field.substring(slash + 1);
                        if (parent instanceof com.fasterxml.jackson.databind.node.ArrayNode array) {
                            array.setNull(Integer.parseInt(last));
                        } else {
                            ((ObjectNode) parent).putNull(last);
                        }
                    },
                    false);

            List<CatalogEntry> entries = engine.catalog().list();
            assertThat(entries).hasSize(2);
            assertThat(entries).filteredOn(CatalogEntry::readable).hasSize(1);
            assertThat(engine.verify(database, run.id(), VerifyLevel.CHECKED).passed())
                    .isFalse();
        }
    }

    @Test
    void backupsFromBeforeTheKeysAreReadOnRequestOnly() {
        String database = Source.sampleDatabase();
        RunReport run;
        try (BackupEngine engine = engine(database).build()) {
            run = succeed(engine.run());
        }
        try (BackupEngine engine = engine(database).encryption(keys("k1", KEY)).build()) {
            assertDistrusted(engine, database, run, "not authenticated");
        }
        try (BackupEngine engine = engine(database)
                .encryption(keys("k1", KEY))
                .trustUnencrypted(true)
                .build()) {
            assertThat(engine.verify(database, run.id(), VerifyLevel.CHECKED).problems())
                    .isEmpty();
        }
    }

    /** Values that are well-formed and no backup's; each made arithmetic, sorting or a path fail somewhere, or might. */
    private static final Map<String, Consumer<ObjectNode>> EXTREMES = Map.ofEntries(
            Map.entry("begun before time", tree -> tree.put("startedAt", "-1000000000-01-01T00:00:00Z")),
            Map.entry("begun after time", tree -> tree.put("startedAt", "+1000000000-12-31T23:59:59.999999999Z")),
            Map.entry("ended after time", tree -> tree.put("finishedAt", "+1000000000-12-31T23:59:59Z")),
            Map.entry("locked for ever", tree -> tree.put("lockedUntil", "+1000000000-12-31T23:59:59Z")),
            Map.entry("largest size", tree -> size(tree, "bytes", Long.MAX_VALUE)),
            Map.entry("largest plain size", tree -> size(tree, "plainBytes", Long.MAX_VALUE)),
            Map.entry("negative plain size", tree -> size(tree, "plainBytes", -1)),
            Map.entry(
                    "no number",
                    tree -> ((ObjectNode) tree.path("objects").get(0))
                            .put("bytes", new java.math.BigInteger("9".repeat(400)))),
            Map.entry("another database", tree -> ((ObjectNode) tree.path("source")).put("database", "other")),
            Map.entry("another id", tree -> tree.put("id", "20260101T000000Z-00000000")),
            Map.entry("an id that is none", tree -> tree.put("id", "../../20260101T000000Z-00000000")),
            Map.entry("key outside", tree -> key(tree, key -> "v1/other/" + key)),
            Map.entry("key upwards", tree -> key(tree, key -> key + "/../../x")),
            Map.entry("key of a parent", tree -> key(tree, key -> key.replaceFirst("[^/]+$", ".."))),
            Map.entry("key with a zero", tree -> key(tree, key -> key + "\0")),
            Map.entry("key of another file", tree -> key(tree, key -> key.replaceFirst("[^/]+$", "other.sql"))),
            Map.entry("key of the manifest", tree -> key(tree, key -> key.replaceFirst("[^/]+$", "manifest.json"))),
            Map.entry("deep", tree -> deep(tree.putObject("contents"))));

    private static void size(ObjectNode tree, String field, long value) {
        ((ObjectNode) tree.path("objects").get(0)).put(field, value);
    }

    private static void key(ObjectNode tree, UnaryOperator<String> change) {
        ObjectNode object = (ObjectNode) tree.path("objects").get(0);
        object.put("key", change.apply(object.path("key").asText()));
    }

    private static void deep(ObjectNode tree) {
        ObjectNode at = tree;
        for (int i = 0; i < 900; i++) {
            at = at.putObject("tables");
        }
    }

    static Set<String> extremes() {
        return EXTREMES.keySet();
    }

    @ParameterizedTest
    @MethodSource("extremes")
    void aManifestOfExtremesIsUnreadableAndSpoilsNothingElse(String extreme) throws IOException {
        Taken taken = taken(Kind.FAKE);
        String database = taken.database();
        RunReport run = taken.last();
        SimpleMeterRegistry registry = new SimpleMeterRegistry();
        try (BackupEngine engine = engine(database)
                .dumpCommand(FakeDump.script(directory, "archive 1"))
                .listener(new BackupMetrics(registry))
                .build()) {
            forge(engine.catalog().list(database).get(0), Objects.requireNonNull(EXTREMES.get(extreme)), false);

            assertThat(engine.catalog().list(database))
                    .singleElement()
                    .satisfies(entry ->
                            assertThat(entry.readable()).as(entry.problem()).isFalse());
            assertThatThrownBy(() -> engine.export(database, run.id(), directory.resolve("exported")))
                    .isInstanceOf(BackupException.class);
            assertThat(engine.planRetention(RetentionPolicy.keepFor(Duration.ofDays(1))))
                    .isNotEmpty();
            RunReport next = succeed(engine.run());
            assertThat(engine.catalog().list(database))
                    .filteredOn(CatalogEntry::readable)
                    .singleElement()
                    .satisfies(entry -> assertThat(entry.id()).isEqualTo(next.id()));
        }
    }

    /** Another backup's manifest, an older one's, or a part of its own in its place. */
    @ParameterizedTest
    @ValueSource(strings = {"of an older backup", "of another database", "half", "empty", "twice"})
    void aManifestThatIsNotThisBackupsIsNotBelievedEvenIfItIsGenuine(String whose) throws IOException {
        String database = Source.sampleDatabase();
        String other = Source.postgres().createDatabase();
        try (BackupEngine engine = Source.engine(new DirectoryStore(directory), database, other)
                .encryption(keys("k1", KEY))
                .build()) {
            succeed(engine.run());
            RunReport run = succeed(engine.run());
            List<CatalogEntry> of = engine.catalog().list(database);
            Path newest = directory.resolve(of.get(1).manifestKey());
            byte[] own = Files.readAllBytes(newest);
            switch (whose) {
                case "of an older backup" ->
                    Files.write(
                            newest,
                            Files.readAllBytes(directory.resolve(of.get(0).manifestKey())));
                case "of another database" ->
                    Files.write(
                            newest,
                            Files.readAllBytes(directory.resolve(
                                    engine.catalog().list(other).get(1).manifestKey())));
                case "half" -> Files.write(newest, java.util.Arrays.copyOf(own, own.length / 2));
                case "empty" -> Files.write(newest, new byte[0]);
                default -> Files.write(newest, own, java.nio.file.StandardOpenOption.APPEND);
            }
            assertThat(engine.catalog().list(database))
                    .filteredOn(entry -> entry.id().equals(run.id()))
                    .singleElement()
                    .satisfies(entry -> assertThat(entry.readable()).isFalse());
            assertThat(engine.verify(database, run.id(), VerifyLevel.CHECKSUM).passed())
                    .isFalse();
        }
    }

    /** What a document in the store may be, that was not written for its place with the keys. */
    enum Forged {
        /** As an engine without keys writes it. */
        PLAIN,
        /** With a seal of the right form, by a key that is not ours. */
        OTHER_KEY,
        /** A genuine one of another backup, or with another text beneath its seal. */
        MOVED,
        /** Without what a document needs. */
        EMPTY
    }

    @ParameterizedTest
    @EnumSource(Forged.class)
    void withKeysPinsVerificationsAndTheLastRunAreBelievedOnlyIfTheyWereWrittenWithThem(Forged kind)
            throws IOException {
        String database = Source.sampleDatabase();
        List<LastRun> told = new ArrayList<>();
        try (BackupEngine engine =
                engine(database).encryption(keys("k1", KEY)).keepEverything().build()) {
            BackupId first = succeed(engine.run()).id();
            BackupId second = succeed(engine.run()).id();
            assertThat(engine.verify(database, first, VerifyLevel.CHECKSUM).passed())
                    .isTrue();
            engine.catalog().pin(database, first, "audit");
            CatalogEntry genuine = engine.catalog().list(database).get(0);
            assertThat(genuine.pin()).isEqualTo("audit");
            assertThat(genuine.verified()).isEqualTo(VerifyLevel.CHECKSUM);

            for (String state : List.of("verified", "pins")) {
                forgeState(kind, state(state, first), state(state, second));
            }
            forgeState(kind, state("pins", second), lastRun());
            assertThat(engine.catalog().list(database))
                    .filteredOn(entry -> entry.id().equals(second))
                    .allSatisfy(entry -> {
                        assertThat(entry.verified()).isEqualTo(VerifyLevel.NONE);
                        assertThat(entry.verifiedAt()).isNull();
                        assertThat(entry.pin()).as("what keeps does no harm").isEqualTo("(unreadable pin)");
                    });
            assertThat(engine.verifyDue(Duration.ofMinutes(5)))
                    .extracting(VerifyReport::id)
                    .containsExactly(second, first);
        }
        try (BackupEngine engine = engine(database)
                .encryption(keys("k1", KEY))
                .listener(event -> {
                    if (event instanceof BackupEvent.CatalogLoaded loaded && loaded.lastRun() != null) {
                        told.add(loaded.lastRun());
                    }
                })
                .build()) {
            engine.start();
        }
        assertThat(told).isEmpty();
    }

    private void forgeState(Forged kind, Path genuine, Path forged) throws IOException {
        ObjectNode envelope = (ObjectNode) Json.MAPPER.readTree(Files.readAllBytes(genuine));
        String now = Instant.now().toString();
        String document = forged.equals(lastRun())
                ? "{\"at\":\"" + now + "\",\"outcome\":\"SUCCESS\",\"message\":\"\",\"successAt\":\"" + now + "\"}"
                : envelope.path("document").asText();
        Files.createDirectories(forged.getParent());
        switch (kind) {
            case PLAIN -> Files.writeString(forged, document);
            case OTHER_KEY -> {
                Encryption.Seal seal = new Encryption(BackupKeys.fixed("k1", Map.of("k1", OTHER_KEY)), false)
                        .sealOf(document.getBytes(StandardCharsets.UTF_8));
                envelope.put("document", document);
                ((ObjectNode) envelope.path("seal"))
                        .put("code", Objects.requireNonNull(seal).code());
                Files.write(forged, Json.MAPPER.writeValueAsBytes(envelope));
            }
            case MOVED -> {
                envelope.put("document", document);
                Files.write(forged, Json.MAPPER.writeValueAsBytes(envelope));
            }
            case EMPTY -> Files.writeString(forged, "{}");
        }
    }

    private Path state(String kind, BackupId id) throws IOException {
        Path cluster = cluster();
        try (Stream<Path> databases = Files.list(cluster.resolve(".state").resolve("pins"))) {
            Path database = databases.findFirst().orElseThrow().getFileName();
            return cluster.resolve(".state").resolve(kind).resolve(database).resolve(id + ".json");
        }
    }

    private Path lastRun() throws IOException {
        return cluster().resolve(".state").resolve("last-run.json");
    }

    private Path cluster() throws IOException {
        try (Stream<Path> clusters = Files.list(directory.resolve("v1"))) {
            return clusters.filter(path -> !path.getFileName().toString().startsWith("."))
                    .findFirst()
                    .orElseThrow();
        }
    }

    private void assertDistrusted(BackupEngine engine, String database, RunReport run, String words) {
        CatalogEntry entry = engine.catalog().list(database).get(0);
        assertThat(entry.readable()).isFalse();
        assertThat(entry.problem()).contains(words);
        VerifyReport report = engine.verify(database, run.id(), VerifyLevel.CHECKED);
        assertThat(report.passed()).isFalse();
        assertThat(report.reached()).isEqualTo(VerifyLevel.NONE);
        assertThatThrownBy(() -> engine.restore(RestoreRequest.intoNew(
                        new RestoreRequest.Latest(database), Source.server(), database + "_forged")))
                .isInstanceOf(BackupException.class);
        assertThatThrownBy(() -> engine.restore(RestoreRequest.intoNew(
                        new RestoreRequest.ById(database, run.id()), Source.server(), database + "_forged")))
                .isInstanceOf(BackupException.class)
                .hasMessageContaining(words);
    }

    /** Changes a manifest and makes its digest right; its seal stays, or goes. */
    private void forge(CatalogEntry entry, Consumer<ObjectNode> change, boolean withoutSeal) throws IOException {
        Path file = directory.resolve(entry.manifestKey());
        ObjectNode whole = (ObjectNode) Json.MAPPER.readTree(Files.readAllBytes(file));
        ObjectNode document = (ObjectNode) whole.path("backup");
        change.accept(document);
        String text = Json.MAPPER.writeValueAsString(document);
        String digest = Digests.sha256Hex(text.getBytes(StandardCharsets.UTF_8));
        String seal = withoutSeal || whole.path("seal").isNull() ? "" : ",\"seal\":" + whole.path("seal");
        Files.writeString(file, "{\"backup\":\n" + text + "\n,\"sha256\":\"" + digest + "\"" + seal + "}\n");
    }

    /** A plain script in place of the data, with a manifest to match. */
    private void plant(CatalogEntry entry, String script) throws IOException {
        BackupManifest manifest = Objects.requireNonNull(entry.manifest());
        byte[] bytes = script.getBytes(StandardCharsets.UTF_8);
        String key = manifest.data().key();
        Files.write(directory.resolve(key), bytes);
        String globals = manifest.objects().get(1).key();
        byte[] none = "-- none\n".getBytes(StandardCharsets.UTF_8);
        Files.write(directory.resolve(globals), none);
        assertThat(globals).endsWith(KeyLayout.GLOBALS);
        forge(
                entry,
                tree -> {
                    tree.putNull("encryption");
                    ((ObjectNode) tree.path("tool")).put("format", "PLAIN");
                    object(tree, 0, bytes);
                    object(tree, 1, none);
                },
                true);
    }

    private static void object(ObjectNode tree, int index, byte[] bytes) {
        ObjectNode object = (ObjectNode) tree.path("objects").get(index);
        object.put("bytes", bytes.length);
        object.put("plainBytes", bytes.length);
        object.put("sha256", Digests.sha256Hex(bytes));
    }

    private static BackupKeys keys(String id, String key) {
        return BackupKeys.fixed(id, Map.of(id, key, "other", OTHER_KEY));
    }

    private BackupEngineBuilder engine(String database) {
        return engine(directory, database);
    }

    private static BackupEngineBuilder engine(Path store, String database) {
        return Source.engine(new DirectoryStore(store), database).verifyOn(Source.server());
    }

    private static RunReport succeed(RunReport run) {
        assertThat(run.message()).isEmpty();
        assertThat(run.succeeded()).isTrue();
        return run;
    }
}
