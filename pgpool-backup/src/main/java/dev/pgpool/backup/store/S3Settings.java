package dev.pgpool.backup.store;

import java.time.Duration;
import java.util.Map;
import java.util.function.Supplier;
import javax.net.ssl.SSLContext;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/** What {@link S3StoreBuilder} collected, checked. Package-private, because users see only the builder. */
record S3Settings(
        String endpoint,
        String bucket,
        String region,
        Supplier<S3Credentials> credentials,
        Addressing addressing,
        Timeouts timeouts,
        @Nullable Trust trust,
        ObjectDefaults defaults,
        StoreLimits limits,
        int maxConnections,
        boolean signPayload) {

    enum Addressing {
        AUTOMATIC,
        PATH,
        HOST
    }

    record Timeouts(Duration connect, Duration idle, Duration call) {}

    record Trust(SSLContext context, X509TrustManager manager) {}

    record ObjectDefaults(
            Map<String, String> tags, @Nullable S3LockMode lockMode, boolean legalHold, S3Encryption encryption) {}
}
