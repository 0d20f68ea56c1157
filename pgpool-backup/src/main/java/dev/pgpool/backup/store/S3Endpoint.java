package dev.pgpool.backup.store;

import dev.pgpool.backup.internal.check.Problems;
import java.net.URI;
import org.jspecify.annotations.Nullable;

/** Checks the URL of an S3 endpoint. */
final class S3Endpoint {

    private S3Endpoint() {}

    /** The URL, or {@code null} and a problem. */
    static @Nullable URI parse(String endpoint, Problems problems) {
        try {
            URI uri = URI.create(endpoint);
            if (uri.getHost() != null && ("http".equals(uri.getScheme()) || "https".equals(uri.getScheme()))) {
                String path = uri.getRawPath();
                if (!(path == null || path.isEmpty() || path.equals("/"))
                        || uri.getRawQuery() != null
                        || uri.getRawFragment() != null) {
                    problems.add(
                            "endpoint",
                            "has a path, query or fragment",
                            "http://host:port or https://host; the bucket goes into bucket(...), folders into the engine's"
                                    + " prefix(...)");
                    return null;
                }
                if (uri.getRawUserInfo() == null) {
                    return uri;
                }
                problems.add("endpoint", "contains user information", "credentials given separately");
                return null;
            }
        } catch (IllegalArgumentException e) {
            // Falls through to the one message for every kind of malformed URL; the text itself may hold a secret.
            problems.add("endpoint: not a URL (" + e.getClass().getSimpleName() + ")");
            return null;
        }
        problems.add("endpoint", "\"" + endpoint + "\"", "http://host:port or https://host");
        return null;
    }
}
