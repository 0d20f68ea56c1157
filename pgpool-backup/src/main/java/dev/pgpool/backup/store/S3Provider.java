package dev.pgpool.backup.store;

import io.minio.credentials.AwsConfigProvider;
import io.minio.credentials.AwsEnvironmentProvider;
import io.minio.credentials.Credentials;
import io.minio.credentials.MinioClientConfigProvider;
import io.minio.credentials.MinioEnvironmentProvider;
import io.minio.credentials.Provider;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Where a key pair for an S3 endpoint may be found; each is a provider of the MinIO SDK's. */
public enum S3Provider {
    /** {@code AWS_ACCESS_KEY_ID}, {@code AWS_SECRET_ACCESS_KEY} and {@code AWS_SESSION_TOKEN}. */
    AWS_ENVIRONMENT,
    /** {@code MINIO_ACCESS_KEY} and {@code MINIO_SECRET_KEY}. */
    MINIO_ENVIRONMENT,
    /**
     * The file {@code AWS_SHARED_CREDENTIALS_FILE} or {@code ~/.aws/credentials}, section {@code AWS_PROFILE} or {@code default}.
     */
    AWS_FILE,
    /** The file {@code ~/.mc/config.json} of MinIO's client, alias {@code MINIO_ALIAS} or {@code s3}. */
    MINIO_FILE,
    /**
     * The role of the machine, container or service account: a web identity token ({@code AWS_WEB_IDENTITY_TOKEN_FILE} and
     * {@code AWS_ROLE_ARN}, as in EKS; {@code AWS_ENDPOINT_URL_STS} where another service than Amazon's gives the keys, as MinIO
     * does), the container's address ({@code AWS_CONTAINER_CREDENTIALS_RELATIVE_URI} or
     * {@code ..._FULL_URI}), or EC2's metadata.
     */
    IAM;

    private Provider provider() {
        return switch (this) {
            case AWS_ENVIRONMENT -> new AwsEnvironmentProvider();
            case MINIO_ENVIRONMENT -> new MinioEnvironmentProvider();
            case AWS_FILE -> new AwsConfigProvider(null, null);
            case MINIO_FILE -> new MinioClientConfigProvider(null, null);
            case IAM -> WebIdentity.provider();
        };
    }

    static Supplier<S3Credentials> chain(S3Provider first, S3Provider... more) {
        Map<S3Provider, Provider> providers = new LinkedHashMap<>();
        providers.put(first, first.provider());
        for (S3Provider next : more) {
            providers.put(next, next.provider());
        }
        return new Chain(providers);
    }

    /**
     * The SDK's own chain throws away why each of its providers had nothing; and a part has no time to ask a network each
     * time.
     */
    private static final class Chain implements Supplier<S3Credentials> {
        private static final long MAX_AGE_NANOS = 60_000_000_000L;
        private final Map<S3Provider, Provider> providers;
        private @Nullable Credentials current;
        private long fetchedNanos;

        Chain(Map<S3Provider, Provider> providers) {
            this.providers = providers;
        }

        @Override
        public synchronized S3Credentials get() {
            Credentials known = current;
            // What has no end of its own is looked up again, too: files and variables of a container's are rotated.
            boolean old = System.nanoTime() - fetchedNanos > MAX_AGE_NANOS;
            if (known == null || known.isExpired() || (old && known.expiration() == null)) {
                known = fetch();
                fetchedNanos = System.nanoTime();
                current = known;
            }
            return new S3Credentials(known.accessKey(), known.secretKey(), known.sessionToken());
        }

        private Credentials fetch() {
            StringBuilder reasons = new StringBuilder();
            for (Map.Entry<S3Provider, Provider> entry : providers.entrySet()) {
                try {
                    Credentials found = entry.getValue().fetch();
                    if (found != null
                            && found.accessKey() != null
                            && !found.accessKey().isEmpty()) {
                        return found;
                    }
                    reasons.append("; ").append(entry.getKey()).append(": nothing there");
                } catch (RuntimeException e) {
                    // The message of a failed answer may hold what was answered.
                    reasons.append("; ")
                            .append(entry.getKey())
                            .append(": ")
                            .append(e.getClass().getSimpleName());
                }
            }
            throw new StoreException(
                    StoreException.Kind.DENIED,
                    "no credentials found" + reasons + " (expected: one of " + providers.keySet() + ")");
        }

        @Override
        public String toString() {
            return "S3Provider" + providers.keySet();
        }
    }
}
