package dev.pgpool.backup.internal.catalog;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.pgpool.backup.BackupManifest;
import dev.pgpool.backup.internal.stream.Digests;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;

/**
 * Manifests as JSON of four lines: the second holds the whole document, the third the SHA-256 of the second's bytes. So a
 * manifest that was cut off, edited or damaged is told from a good one.
 */
public final class ManifestCodec {

    private static final String HEAD = "{\"backup\":";
    private static final String DIGEST = ",\"sha256\":\"";
    private static final String TAIL = "\"}";

    private ManifestCodec() {}

    /** A manifest that cannot be believed. */
    public static final class UnreadableManifest extends Exception {
        private static final long serialVersionUID = 1L;

        UnreadableManifest(String message) {
            super(message);
        }
    }

    /** As bytes. */
    public static byte[] encode(BackupManifest manifest) {
        try {
            String document = Json.MAPPER.writeValueAsString(manifest);
            String digest = Digests.sha256Hex(document.getBytes(StandardCharsets.UTF_8));
            return String.join("\n", HEAD, document, DIGEST + digest + TAIL, "").getBytes(StandardCharsets.UTF_8);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a manifest cannot be written", e);
        }
    }

    /** From bytes. */
    public static BackupManifest decode(byte[] bytes) throws UnreadableManifest {
        List<String> lines = new String(bytes, StandardCharsets.UTF_8).lines().toList();
        if (lines.size() != 3
                || !lines.get(0).equals(HEAD)
                || !lines.get(2).startsWith(DIGEST)
                || !lines.get(2).endsWith(TAIL)) {
            throw new UnreadableManifest(bytes.length + " bytes that have not the form of a manifest");
        }
        String document = lines.get(1);
        String expected = lines.get(2).substring(DIGEST.length(), lines.get(2).length() - TAIL.length());
        String found = Digests.sha256Hex(document.getBytes(StandardCharsets.UTF_8));
        if (!found.equals(expected)) {
            throw new UnreadableManifest("SHA-256 is " + found + ", in the manifest it is " + expected);
        }
        try {
            JsonNode tree = Json.MAPPER.readTree(document);
            int version = tree.path("formatVersion").asInt(-1);
            if (version != BackupManifest.FORMAT_VERSION) {
                throw new UnreadableManifest("format version " + version + " (expected: "
                        + BackupManifest.FORMAT_VERSION + "; a newer library may read it)");
            }
            BackupManifest manifest = Json.MAPPER.treeToValue(tree, BackupManifest.class);
            Objects.requireNonNull(manifest.startedAt(), "startedAt");
            if (manifest.objects().isEmpty()) {
                throw new UnreadableManifest("it names no objects");
            }
            return manifest;
        } catch (JsonProcessingException | NullPointerException e) {
            throw new UnreadableManifest("its fields cannot be read: " + e.getMessage());
        }
    }
}
