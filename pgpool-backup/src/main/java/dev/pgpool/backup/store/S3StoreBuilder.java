package dev.pgpool.backup.store;

import dev.pgpool.backup.internal.check.Problems;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Builds an {@link S3Store}. All problems are reported together by {@link #build}. */
public final class S3StoreBuilder {

    private String endpoint = "";
    private String bucket = "";
    private String region = "us-east-1";
    private @Nullable Supplier<S3Credentials> credentials;
    private S3Settings.Addressing addressing = S3Settings.Addressing.AUTOMATIC;
    private Duration connectTimeout = Duration.ofSeconds(10);
    private Duration idleTimeout = Duration.ofSeconds(60);
    private Duration callTimeout = Duration.ofMinutes(10);
    private @Nullable Path trustedCertificates;
    private final Map<String, String> tags = new LinkedHashMap<>();
    private @Nullable S3LockMode lockMode;
    private boolean legalHold;
    private S3Encryption encryption = new S3Encryption.BucketDefault();
    private StoreLimits limits = StoreLimits.S3;
    private int maxConnections = 32;
    private @Nullable Boolean signPayload;

    S3StoreBuilder() {}

    /** Required: {@code http://host:port} or {@code https://host}. */
    public S3StoreBuilder endpoint(String url) {
        endpoint = url;
        return this;
    }

    /** Required: the bucket, which must exist. */
    public S3StoreBuilder bucket(String name) {
        bucket = name;
        return this;
    }

    /** Default {@code us-east-1}: the region that requests are signed for. */
    public S3StoreBuilder region(String name) {
        region = name;
        return this;
    }

    /** Required (or the other): a fixed key pair. */
    public S3StoreBuilder credentials(String accessKey, String secretKey) {
        S3Credentials fixed = new S3Credentials(accessKey, secretKey, null);
        return credentials(() -> fixed);
    }

    /** Required (or the other): asked before every request, so it can rotate. Must be quick and safe for many threads. */
    public S3StoreBuilder credentials(Supplier<S3Credentials> supplier) {
        credentials = supplier;
        return this;
    }

    /**
     * Required (or one of the others): key pairs from where they are found, as of the MinIO SDK's providers, asked one after
     * another and again when what they gave has expired.
     */
    public S3StoreBuilder credentialsFrom(S3Provider first, S3Provider... more) {
        return credentials(S3Provider.chain(first, more));
    }

    /** Default: path style, except for Amazon's hosts. Always {@code endpoint/bucket/key}. */
    public S3StoreBuilder pathStyle() {
        addressing = S3Settings.Addressing.PATH;
        return this;
    }

    /** Default: path style, except for Amazon's hosts. Always {@code bucket.endpoint/key}. */
    public S3StoreBuilder hostStyle() {
        addressing = S3Settings.Addressing.HOST;
        return this;
    }

    /**
     * Default 10 s, 60 s, 10 min.
     *
     * @param connect to open a connection
     * @param idle without any byte moving in either direction: a dead store is noticed after this long
     * @param call for one whole request, which is at most one part
     */
    public S3StoreBuilder timeouts(Duration connect, Duration idle, Duration call) {
        connectTimeout = connect;
        idleTimeout = idle;
        callTimeout = call;
        return this;
    }

    /** Default: the JVM's trust store. A PEM file with the only authorities to be trusted. */
    public S3StoreBuilder trustedCertificates(Path pem) {
        trustedCertificates = pem;
        return this;
    }

    /** Default none: a tag on every backup object. */
    public S3StoreBuilder tag(String name, String value) {
        tags.put(name, value);
        return this;
    }

    /** Default none: the mode of object locks. How long is the engine's {@code objectLock}. */
    public S3StoreBuilder lockMode(S3LockMode mode) {
        lockMode = mode;
        return this;
    }

    /** Default false: a legal hold on every backup object, whether or not it has a lock with an end. */
    public S3StoreBuilder legalHold(boolean on) {
        legalHold = on;
        return this;
    }

    /** Default: what the bucket does by itself. */
    public S3StoreBuilder serverSideEncryption(S3Encryption by) {
        encryption = by;
        return this;
    }

    /** Default {@link StoreLimits#S3}. */
    public S3StoreBuilder limits(StoreLimits of) {
        limits = of;
        return this;
    }

    /** Default 32: requests at once. Must exceed the parallelism of all transfers together. */
    public S3StoreBuilder maxConnections(int count) {
        maxConnections = count;
        return this;
    }

    /** Default: signed over http, unsigned (but checked by CRC32C) over TLS, which protects it already. */
    public S3StoreBuilder signPayload(boolean on) {
        signPayload = on;
        return this;
    }

    /**
     * The store. Nothing is connected yet.
     *
     * @throws IllegalArgumentException naming every setting that is missing or wrong
     */
    public S3Store build() {
        Problems problems = new Problems();
        URI uri = S3Endpoint.parse(endpoint, problems);
        problems.require(
                bucket.matches("[a-z0-9A-Z][a-zA-Z0-9._-]{1,61}[a-z0-9A-Z]"),
                "bucket",
                "\"" + bucket + "\"",
                "3 to 63 letters, digits, dots, hyphens");
        problems.require(
                credentials != null,
                "credentials",
                "missing",
                "access key and secret key, a supplier, or credentialsFrom(...)");
        problems.positive("timeouts.connect", connectTimeout);
        problems.positive("timeouts.idle", idleTimeout);
        problems.positive("timeouts.call", callTimeout);
        problems.positive("maxConnections", maxConnections);
        S3Settings.Trust trust = trustedCertificates == null ? null : TrustReader.read(trustedCertificates, problems);
        Supplier<S3Credentials> supplier = credentials;
        if (!problems.isEmpty() || uri == null || supplier == null) {
            throw new IllegalArgumentException("S3 store: " + problems);
        }
        boolean sign = signPayload != null ? signPayload : uri.getScheme().equals("http");
        return new S3Store(new S3Settings(
                endpoint,
                bucket,
                region,
                supplier,
                addressing,
                new S3Settings.Timeouts(connectTimeout, idleTimeout, callTimeout),
                trust,
                new S3Settings.ObjectDefaults(Map.copyOf(tags), lockMode, legalHold, encryption),
                limits,
                maxConnections,
                sign));
    }
}
