package dev.pgpool.backup.store;

import org.jspecify.annotations.Nullable;

/**
 * A key pair for an S3 endpoint.
 *
 * @param accessKey public part
 * @param secretKey secret part
 * @param sessionToken of temporary credentials, else {@code null}
 */
public record S3Credentials(
        String accessKey, String secretKey, @Nullable String sessionToken) {

    /** Names the access key only. */
    @Override
    public String toString() {
        return "S3Credentials[" + accessKey + "]";
    }
}
