package dev.pgpool.backup.internal.catalog;

import dev.pgpool.backup.internal.catalog.ManifestCodec.UnreadableManifest;
import dev.pgpool.backup.internal.json.Json;
import dev.pgpool.backup.internal.stream.Encryption;
import dev.pgpool.backup.internal.stream.Encryption.Seal;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A pin, a verification's result or the memory of a run as it lies in the store: plain JSON without keys; with keys in an envelope
 * with a code that only who has the key can make. The code is for one place of one cluster too, so that a genuine document that is
 * copied elsewhere says nothing there.
 *
 * @param document JSON as text
 * @param seal of document and place
 */
record SealedDocument(@Nullable String document, @Nullable Seal seal) {

    /** A document as it is stored. */
    static byte[] write(byte[] document, Encryption encryption, String... place) {
        Seal seal = encryption.sealOf(sealed(document, place));
        if (seal == null) {
            return document;
        }
        try {
            return Json.MAPPER.writeValueAsBytes(
                    new SealedDocument(new String(document, StandardCharsets.UTF_8), seal));
        } catch (IOException e) {
            throw new IllegalStateException("an envelope cannot be written", e);
        }
    }

    /**
     * The document in what is stored.
     *
     * @throws UnreadableManifest if it is not authentic
     */
    static byte[] open(byte[] stored, Encryption encryption, String... place) throws UnreadableManifest, IOException {
        SealedDocument envelope = Json.MAPPER.readValue(stored, SealedDocument.class);
        boolean plain = envelope == null || envelope.document() == null;
        byte[] document = plain ? stored : String.valueOf(envelope.document()).getBytes(StandardCharsets.UTF_8);
        String distrust = encryption.distrust(sealed(document, place), plain ? null : envelope.seal(), true);
        if (distrust != null) {
            throw new UnreadableManifest(distrust);
        }
        return document;
    }

    private static byte[] sealed(byte[] document, String... place) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        // No manifest begins like this, and no name of a place has a line end that is not followed by its length.
        for (String part : List.of(place)) {
            byte[] bytes = part.getBytes(StandardCharsets.UTF_8);
            all.writeBytes((bytes.length + "\n").getBytes(StandardCharsets.US_ASCII));
            all.writeBytes(bytes);
            all.write('\n');
        }
        all.writeBytes(document);
        return all.toByteArray();
    }
}
