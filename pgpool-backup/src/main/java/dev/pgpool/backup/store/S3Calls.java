package dev.pgpool.backup.store;

import dev.pgpool.backup.store.StoreException.Kind;
import io.minio.errors.ErrorResponseException;
import io.minio.errors.InvalidResponseException;
import io.minio.errors.MinioException;
import io.minio.errors.ServerException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.security.cert.CertificateException;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.jspecify.annotations.Nullable;

/** Waits for a call of the S3 client and turns what went wrong into a {@link StoreException}. */
final class S3Calls {

    private static final Set<Integer> PASSING_STATUS = Set.of(408, 429, 499, 500, 502, 503, 504, 520);
    private static final Pattern STATUS = Pattern.compile("(?i)response code: ?(\\d{3})");
    private static final Set<String> PASSING_CODES = Set.of(
            "RequestError",
            "RequestTimeout",
            "Throttling",
            "ThrottlingException",
            "RequestLimitExceeded",
            "RequestThrottled",
            "InternalError",
            "ExpiredToken",
            "SlowDown",
            "SlowDownWrite",
            "SlowDownRead",
            "OperationAborted",
            "ConditionalRequestConflict");
    private static final Set<String> DAMAGE_CODES =
            Set.of("BadDigest", "InvalidDigest", "XAmzContentChecksumMismatch", "XAmzContentSHA256Mismatch");

    /** A call of the client; some throw while building the request. */
    interface Call<T> {
        CompletableFuture<T> start() throws MinioException;
    }

    private S3Calls() {}

    static <T> T await(String operation, Call<T> call) {
        try {
            return call.start().get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StoreException(Kind.REJECTED, operation + ": interrupted", e);
        } catch (ExecutionException e) {
            throw translate(operation, e.getCause());
        } catch (MinioException | RuntimeException e) {
            throw translate(operation, e);
        }
    }

    static StoreException translate(String operation, @Nullable Throwable thrown) {
        for (Throwable ours = thrown; ours != null; ours = ours.getCause()) {
            if (ours instanceof StoreException known) {
                // Thrown while the request was being made: there are no credentials.
                return new StoreException(known.kind(), operation + ": " + known.getMessage(), known);
            }
        }
        Throwable cause = thrown;
        while (cause != null
                && cause.getCause() != null
                && !(cause instanceof ErrorResponseException)
                && !(cause instanceof IOException)) {
            cause = cause.getCause();
        }
        if (cause instanceof ErrorResponseException e) {
            String code = e.errorResponse().code();
            int status = e.response().code();
            return new StoreException(
                    kind(code, status),
                    operation + ": HTTP " + status + " " + code + ": "
                            + e.errorResponse().message());
        }
        if (cause instanceof InvalidResponseException || cause instanceof ServerException) {
            // The client keeps the status only in the text: an answer that is not S3's XML comes from something in
            // front.
            String message = String.valueOf(cause.getMessage());
            int status = cause instanceof ServerException server ? server.statusCode() : status(message);
            Kind kind = kind("", status);
            // A page of something in front says nothing about the object: neither that it is there nor that it is not.
            boolean meant = status != 200 && (kind == Kind.TRANSIENT || kind == Kind.DENIED);
            return new StoreException(meant ? kind : Kind.REJECTED, operation + ": " + message);
        }
        if (isUntrusted(cause)) {
            // It will not become another one's by asking again.
            return new StoreException(
                    Kind.REJECTED, operation + ": TLS: " + (cause == null ? "" : cause.getMessage()), cause);
        }
        if (cause instanceof InterruptedIOException || cause instanceof IOException) {
            return new StoreException(
                    Kind.TRANSIENT,
                    operation + ": " + cause.getClass().getSimpleName() + ": " + cause.getMessage(),
                    cause);
        }
        return new StoreException(
                Kind.REJECTED, operation + ": " + (cause == null ? "unknown failure" : cause.toString()), cause);
    }

    private static int status(String message) {
        Matcher matcher = STATUS.matcher(message);
        return matcher.find() ? Integer.parseInt(matcher.group(1)) : 0;
    }

    private static boolean isUntrusted(@Nullable Throwable thrown) {
        for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
            if (cause instanceof SSLPeerUnverifiedException || cause instanceof CertificateException) {
                return true;
            }
        }
        return false;
    }

    private static Kind kind(String code, int status) {
        if (PASSING_CODES.contains(code) || PASSING_STATUS.contains(status)) {
            return Kind.TRANSIENT;
        }
        if (DAMAGE_CODES.contains(code)) {
            return Kind.INTEGRITY;
        }
        return switch (status) {
            case 404 -> Kind.NOT_FOUND;
            case 401, 403 -> Kind.DENIED;
            case 409, 412 -> Kind.CONFLICT;
            case 405, 501 -> Kind.UNSUPPORTED;
            // An <Error> inside a 200 answer, which is how a Complete fails: the store says try again.
            case 200 -> Kind.TRANSIENT;
            default -> Kind.REJECTED;
        };
    }
}
