package dev.pgpool.certwatch.finding;

import static java.util.Objects.requireNonNull;

import dev.pgpool.certwatch.internal.text.PeerText;

/**
 * One thing found about a target.
 *
 * @param code what, from a closed set
 * @param severity weight here; a policy can make it milder than the code's own
 * @param message what was seen and what was expected, for a person; holds no secret. What a peer sent is escaped in it, and it is
 *     one line
 */
public record Finding(FindingCode code, Severity severity, String message) {

    public Finding {
        requireNonNull(code, "code");
        requireNonNull(severity, "severity");
        message = PeerText.message(requireNonNull(message, "message"));
    }

    /** A finding with the severity of its code. */
    public static Finding of(FindingCode code, String message) {
        return new Finding(code, code.severity(), message);
    }

    /** The same finding with another weight. */
    public Finding withSeverity(Severity other) {
        return new Finding(code, other, message);
    }

    @Override
    public String toString() {
        return severity + " " + code + ": " + message;
    }
}
