package dev.pgpool.backup.internal.catalog;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.pgpool.backup.catalog.BackupManifest;
import dev.pgpool.backup.internal.json.Json;
import dev.pgpool.backup.internal.stream.Digests;
import dev.pgpool.backup.internal.stream.Encryption;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Manifests as JSON of four lines: the second holds the whole document, the third the SHA-256 of the second's bytes, and with
 * encryption a code that only who has the key can make for them. So a manifest that was cut off, edited or damaged is told from
 * a good one, and with keys also one that another party wrote.
 */
public final class ManifestCodec {

    private static final String HEAD = "{\"backup\":";
    private static final int LINES = 3;
    /** More than any store holds in an object; sums of a few stay in a long. */
    private static final long MAX_OBJECT_BYTES = 1L << 55;

    /** Times outside of these are no backup's, and would overflow where ages are reckoned. */
    private static final Instant EARLIEST = Instant.EPOCH;

    private static final Instant LATEST = Instant.parse("9999-12-31T00:00:00Z");

    private ManifestCodec() {}

    /** A manifest that cannot be read, or is not authentic. */
    public static final class UnreadableManifest extends Exception {
        private static final long serialVersionUID = 1L;

        UnreadableManifest(String message) {
            super(message);
        }
    }

    /** What follows the document. */
    private record Trailer(String sha256, Encryption.@Nullable Seal seal) {}

    /** As bytes. */
    public static byte[] encode(BackupManifest manifest, Encryption encryption) {
        try {
            String document = Json.MAPPER.writeValueAsString(manifest);
            byte[] bytes = document.getBytes(StandardCharsets.UTF_8);
            String trailer =
                    Json.MAPPER.writeValueAsString(new Trailer(Digests.sha256Hex(bytes), encryption.sealOf(bytes)));
            // The trailer's fields follow the document's in one object.
            return String.join("\n", HEAD, document, "," + trailer.substring(1), "")
                    .getBytes(StandardCharsets.UTF_8);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a manifest cannot be written", e);
        }
    }

    /** From bytes. */
    public static BackupManifest decode(byte[] bytes, Encryption encryption) throws UnreadableManifest {
        List<String> lines = new String(bytes, StandardCharsets.UTF_8).lines().toList();
        if (lines.size() != LINES || !lines.get(0).equals(HEAD) || !lines.get(2).startsWith(",")) {
            throw new UnreadableManifest(bytes.length + " bytes that have not the form of a manifest");
        }
        byte[] document = lines.get(1).getBytes(StandardCharsets.UTF_8);
        try {
            Trailer trailer = Json.MAPPER.readValue("{" + lines.get(2).substring(1), Trailer.class);
            String found = Digests.sha256Hex(document);
            if (!found.equals(trailer.sha256())) {
                throw new UnreadableManifest("SHA-256 is " + found + ", in the manifest it is " + trailer.sha256());
            }
            JsonNode tree = Json.MAPPER.readTree(document);
            String distrust = encryption.distrust(
                    document, trailer.seal(), tree.path("encryption").isObject());
            if (distrust != null) {
                throw new UnreadableManifest(distrust);
            }
            int version = tree.path("formatVersion").asInt(-1);
            if (version != BackupManifest.FORMAT_VERSION) {
                throw new UnreadableManifest("format version " + version + " (expected: "
                        + BackupManifest.FORMAT_VERSION + "; a newer library may read it)");
            }
            BackupManifest manifest = Json.MAPPER.treeToValue(tree, BackupManifest.class);
            requireComplete(manifest);
            return manifest;
        } catch (IOException | RuntimeException e) {
            throw new UnreadableManifest("its fields cannot be read: " + e.getMessage());
        }
    }

    private static void requireTime(Instant time, String field) throws UnreadableManifest {
        if (time.isBefore(EARLIEST) || time.isAfter(LATEST)) {
            throw new UnreadableManifest(field + " is " + time);
        }
    }

    /** Fields that every use of a manifest relies on; one that lacks them must not end the reading of a whole catalog. */
    private static void requireComplete(BackupManifest manifest) throws UnreadableManifest {
        requireNonNull(manifest.id(), "id");
        requireTime(requireNonNull(manifest.startedAt(), "startedAt"), "startedAt");
        requireTime(requireNonNull(manifest.finishedAt(), "finishedAt"), "finishedAt");
        if (manifest.lockedUntil() != null) {
            requireTime(manifest.lockedUntil(), "lockedUntil");
        }
        BackupManifest.Source source = requireNonNull(manifest.source(), "source");
        for (String text : List.of(
                source.cluster(),
                source.database(),
                source.encoding(),
                source.collate(),
                source.ctype(),
                source.localeProvider())) {
            requireNonNull(text, "source");
        }
        requireNonNull(manifest.tool(), "tool");
        requireNonNull(manifest.tool().format(), "tool.format");
        requireNonNull(manifest.contents(), "contents");
        requireNonNull(manifest.contents().rowCounts(), "contents.rowCounts");
        if (manifest.objects().isEmpty() || !manifest.data().role().equals("data")) {
            throw new UnreadableManifest("it names no objects, or not the data first");
        }
        for (BackupManifest.StoredPart part : manifest.objects()) {
            requireNonNull(part.key(), "objects.key");
            if (part.bytes() < 0
                    || part.bytes() > MAX_OBJECT_BYTES
                    || part.plainBytes() < 0
                    || part.plainBytes() > MAX_OBJECT_BYTES
                    || !part.sha256().matches("[0-9a-f]*")) {
                throw new UnreadableManifest(
                        "it has an object of " + part.bytes() + " bytes, SHA-256 " + part.sha256());
            }
        }
        BackupManifest.Encryption encryption = manifest.encryption();
        if (encryption != null) {
            requireNonNull(encryption.algorithm(), "encryption.algorithm");
            requireNonNull(encryption.keyId(), "encryption.keyId");
            requireNonNull(encryption.keyCheck(), "encryption.keyCheck");
        }
    }
}
