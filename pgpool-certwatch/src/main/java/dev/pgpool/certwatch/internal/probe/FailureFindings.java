package dev.pgpool.certwatch.internal.probe;

import dev.pgpool.certwatch.finding.Finding;
import dev.pgpool.certwatch.finding.FindingCode;
import dev.pgpool.certwatch.internal.tls.HandshakeCapture;
import dev.pgpool.certwatch.target.Protocol;
import io.netty.channel.ConnectTimeoutException;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.ssl.NotSslRecordException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.nio.channels.ClosedChannelException;
import java.util.List;
import java.util.Locale;
import javax.net.ssl.SSLException;

/** What an exception of a connection or handshake means for a report. */
final class FailureFindings {

    private static final List<String> REFUSALS = List.of(
            "certificate_required",
            "bad_certificate",
            "handshake_failure",
            "unknown_ca",
            "certificate_unknown",
            "certificate_expired",
            "certificate_revoked",
            "unsupported_certificate",
            "decrypt_error",
            "access_denied");

    private FailureFindings() {}

    /** The connection could not be made. */
    static Finding connect(Throwable cause, String address) {
        String detail = address + ": " + text(cause);
        if (cause instanceof ConnectTimeoutException) {
            return Finding.of(FindingCode.CONNECT_TIMEOUT, address + ": no answer to the connection attempt");
        }
        if (cause instanceof NoRouteToHostException) {
            return Finding.of(FindingCode.CONNECT_FAILED, detail);
        }
        if (cause instanceof ConnectException
                && text(cause).toLowerCase(Locale.ROOT).contains("refused")) {
            return Finding.of(FindingCode.CONNECT_REFUSED, address + ": connection refused");
        }
        return Finding.of(FindingCode.CONNECT_FAILED, detail);
    }

    /** The handshake did not end well. */
    static Finding handshake(Throwable cause, Protocol protocol, HandshakeCapture capture, boolean withIdentity) {
        if (capture.clientCertificateAsked() && !capture.chain().isEmpty() && refusesClient(cause, capture)) {
            return withIdentity
                    ? rejected(cause, capture)
                    : Finding.of(
                            FindingCode.CLIENT_CERT_REQUIRED,
                            "the server demands a client certificate and ended the handshake: " + text(cause));
        }
        if (cause instanceof NotSslRecordException) {
            return Finding.of(FindingCode.NOT_TLS, "the server's answer is not TLS");
        }
        if (cause instanceof SSLException) {
            return tls(text(cause));
        }
        if (cause instanceof ClosedChannelException || cause instanceof IOException) {
            return protocol == Protocol.POSTGRES_DIRECT && capture.chain().isEmpty()
                    ? Finding.of(
                            FindingCode.TLS_DIRECT_UNSUPPORTED,
                            "the server closed the connection on a ClientHello without SSLRequest (expected:"
                                    + " PostgreSQL 17 or later)")
                    : Finding.of(FindingCode.CONNECT_RESET, "connection lost in the handshake: " + text(cause));
        }
        return Finding.of(FindingCode.PROBE_ERROR, "the handshake failed: " + cause);
    }

    /** The server was asked with a client identity, and broke off when it had seen what was shown of it. */
    static Finding rejected(Throwable thrown, HandshakeCapture capture) {
        Throwable cause = thrown instanceof DecoderException && thrown.getCause() != null ? thrown.getCause() : thrown;
        String how = cause instanceof ClosedChannelException || !(cause instanceof SSLException)
                ? "closed the connection without an alert"
                : text(cause);
        return Finding.of(
                FindingCode.CLIENT_CERT_REJECTED,
                (capture.clientCertificateShown()
                                ? "the server rejected the client certificate given for the target: "
                                : "the server demands a client certificate, and the identity given for the target has none that"
                                        + " it would take: ")
                        + how);
    }

    /** A server says no by one of few alerts or by closing in order; a reset or any other alert is a fault of its own. */
    private static boolean refusesClient(Throwable cause, HandshakeCapture capture) {
        if (cause instanceof SSLException && !(cause instanceof NotSslRecordException)) {
            String text = text(cause).toLowerCase(Locale.ROOT);
            return text.contains("received fatal alert") && REFUSALS.stream().anyMatch(text::contains);
        }
        return cause instanceof ClosedChannelException && !capture.broken();
    }

    private static Finding tls(String text) {
        String lower = text.toLowerCase(Locale.ROOT);
        if (lower.contains("protocol_version")
                || lower.contains("not accepted by client preferences")
                || lower.contains("unsupported or disabled protocol")) {
            return Finding.of(
                    FindingCode.PROTOCOL_TOO_OLD,
                    "the server speaks only TLS versions that this Java refuses: " + text);
        }
        if (lower.contains("exceeds the maximum allowed")) {
            return Finding.of(FindingCode.CHAIN_TOO_LARGE, text);
        }
        if (lower.contains("not an ssl/tls record") || lower.contains("unrecognized record")) {
            return Finding.of(FindingCode.NOT_TLS, "the server's answer is not TLS: " + text);
        }
        return Finding.of(
                lower.contains("received fatal alert") ? FindingCode.HANDSHAKE_ALERT : FindingCode.HANDSHAKE_FAILED,
                text);
    }

    private static String text(Throwable cause) {
        String message = cause.getMessage();
        return message == null ? cause.getClass().getSimpleName() : message;
    }
}
