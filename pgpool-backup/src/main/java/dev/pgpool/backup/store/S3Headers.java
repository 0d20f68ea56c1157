package dev.pgpool.backup.store;

import io.minio.HeadObjectResponse;
import io.minio.Http;
import io.minio.messages.LegalHold;
import java.net.URLEncoder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The headers of writes. A body's CRC32C is always among them, taken from the JDK's intrinsic: with that header (and, over
 * TLS, with an unsigned payload) the client does not read the bytes once more for a digest of its own.
 */
final class S3Headers {

    private final S3Settings settings;

    S3Headers(S3Settings settings) {
        this.settings = settings;
    }

    Http.Headers ofObject(WriteOptions options, int crc32c) {
        Http.Headers headers = common(options);
        addChecksum(headers, crc32c);
        if (options.condition() instanceof WriteCondition.IfAbsent) {
            headers.put("If-None-Match", "*");
        } else if (options.condition() instanceof WriteCondition.IfMatches match) {
            headers.put("If-Match", "\"" + match.etag() + "\"");
        }
        return headers;
    }

    Http.Headers ofMultipart(WriteOptions options) {
        Http.Headers headers = common(options);
        headers.put("Content-Type", options.contentType());
        headers.put("x-amz-checksum-algorithm", "CRC32C");
        return headers;
    }

    Http.Headers ofPart(int crc32c) {
        Http.Headers headers = new Http.Headers();
        addChecksum(headers, crc32c);
        return headers;
    }

    private void addChecksum(Http.Headers headers, int crc32c) {
        headers.put("x-amz-checksum-crc32c", base64(crc32c));
        headers.put("x-amz-sdk-checksum-algorithm", "CRC32C");
        if (!settings.signPayload()) {
            headers.put("x-amz-content-sha256", "UNSIGNED-PAYLOAD");
        }
    }

    private Http.Headers common(WriteOptions options) {
        Http.Headers headers = new Http.Headers();
        options.metadata().forEach((name, value) -> headers.put("x-amz-meta-" + name, value));
        S3Settings.ObjectDefaults defaults = settings.defaults();
        if (options.backup() && !defaults.tags().isEmpty()) {
            headers.put(
                    "x-amz-tagging",
                    defaults.tags().entrySet().stream()
                            .map(e -> encode(e.getKey()) + "=" + encode(e.getValue()))
                            .sorted()
                            .collect(Collectors.joining("&")));
        }
        Instant lockUntil = options.lockUntil();
        S3LockMode mode = defaults.lockMode();
        if (lockUntil != null && mode != null) {
            headers.put("x-amz-object-lock-mode", mode.name());
            headers.put(
                    "x-amz-object-lock-retain-until-date",
                    lockUntil.truncatedTo(ChronoUnit.SECONDS).toString());
        }
        if (options.backup() && defaults.legalHold()) {
            headers.put("x-amz-object-lock-legal-hold", "ON");
        }
        if (defaults.encryption() instanceof S3Encryption.StoreManaged) {
            headers.put("x-amz-server-side-encryption", "AES256");
        } else if (defaults.encryption() instanceof S3Encryption.KeyService kms) {
            headers.put("x-amz-server-side-encryption", "aws:kms");
            headers.put("x-amz-server-side-encryption-aws-kms-key-id", kms.keyId());
        }
        return headers;
    }

    static String base64(int crc32c) {
        return Base64.getEncoder()
                .encodeToString(ByteBuffer.allocate(4).putInt(crc32c).array());
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    /** An object as its headers describe it. */
    static StoredObject describe(String key, HeadObjectResponse head) {
        Map<String, String> metadata = new HashMap<>();
        String prefix = "x-amz-meta-";
        for (String name : head.headers().names()) {
            String lower = name.toLowerCase(Locale.ROOT);
            String value = head.headers().get(name);
            if (lower.startsWith(prefix) && value != null) {
                metadata.put(lower.substring(prefix.length()), value);
            }
        }
        ZonedDateTime lockedUntil = head.lockRetainUntilDate();
        LegalHold hold = head.lockLegalHold();
        return new StoredObject(
                key,
                head.size(),
                head.etag(),
                head.lastModified().toInstant(),
                head.versionId(),
                head.headers().get("x-amz-checksum-crc32c"),
                lockedUntil == null ? null : lockedUntil.toInstant(),
                hold != null && hold.status(),
                metadata);
    }
}
