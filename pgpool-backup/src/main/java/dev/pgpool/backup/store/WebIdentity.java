package dev.pgpool.backup.store;

import io.minio.credentials.IamAwsProvider;
import io.minio.credentials.Jwt;
import io.minio.credentials.Provider;
import io.minio.credentials.WebIdentityProvider;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The keys that a token of a service account is exchanged for, at the address that {@code AWS_ENDPOINT_URL_STS} names: the SDK's
 * own provider of roles asks Amazon's address and no other. Without that variable it is the SDK's.
 *
 * @see <a href="https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html">AssumeRoleWithWebIdentity</a>
 */
final class WebIdentity {

    private static final int LIFETIME_SECONDS = 3600;

    private WebIdentity() {}

    static Provider provider() {
        String endpoint = variable("AWS_ENDPOINT_URL_STS");
        String token = variable("AWS_WEB_IDENTITY_TOKEN_FILE");
        if (endpoint == null || token == null) {
            return new IamAwsProvider(null, null);
        }
        return new WebIdentityProvider(
                // Read each time: it is replaced before it expires.
                () -> new Jwt(read(Path.of(token)), LIFETIME_SECONDS),
                endpoint,
                null,
                null,
                variable("AWS_ROLE_ARN"),
                variable("AWS_ROLE_SESSION_NAME"),
                null);
    }

    private static String read(Path file) {
        try {
            return Files.readString(file).strip();
        } catch (IOException e) {
            throw new StoreException(StoreException.Kind.DENIED, "AWS_WEB_IDENTITY_TOKEN_FILE: " + file + ": " + e, e);
        }
    }

    private static @Nullable String variable(String name) {
        String value = System.getenv(name);
        return value == null || value.isBlank() ? null : value;
    }
}
