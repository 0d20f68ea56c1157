package dev.pgpool.certwatch.finding;

import static dev.pgpool.certwatch.finding.Severity.CRITICAL;
import static dev.pgpool.certwatch.finding.Severity.INFO;
import static dev.pgpool.certwatch.finding.Severity.WARNING;

/**
 * Everything that can be found about a target. The set is closed and its names are stable: they are tag values of the
 * {@code certwatch.finding} meter and fields of the JSON form.
 */
public enum FindingCode {
    /** The name does not resolve, or did not within the limit. */
    DNS_FAILED(CRITICAL, Group.REACHABILITY),
    /** Nothing listens at the address. */
    CONNECT_REFUSED(CRITICAL, Group.REACHABILITY),
    /** No answer to the connection attempt within the limit. */
    CONNECT_TIMEOUT(CRITICAL, Group.REACHABILITY),
    /** The connection could not be made for another reason, such as a missing route. */
    CONNECT_FAILED(CRITICAL, Group.REACHABILITY),
    /** The peer reset or closed the connection before its certificate was seen. */
    CONNECT_RESET(CRITICAL, Group.REACHABILITY),
    /** The HTTP proxy refused the tunnel or is not reachable. */
    PROXY_FAILED(CRITICAL, Group.REACHABILITY),
    /** The server answers but does not offer TLS: switched off, or removed by a device in between. */
    TLS_UNAVAILABLE(CRITICAL, Group.REACHABILITY),
    /** The server did not speak the protocol that comes before TLS. */
    STARTTLS_PROTOCOL_ERROR(CRITICAL, Group.REACHABILITY),
    /** The PostgreSQL server does not take TLS without an SSLRequest (before version 17). */
    TLS_DIRECT_UNSUPPORTED(CRITICAL, Group.REACHABILITY),
    /** What the server sent is not TLS. */
    NOT_TLS(CRITICAL, Group.REACHABILITY),
    /** Connected, but the conversation did not end within its limit. */
    HANDSHAKE_TIMEOUT(CRITICAL, Group.REACHABILITY),
    /** The server ended the handshake with a TLS alert. */
    HANDSHAKE_ALERT(CRITICAL, Group.REACHABILITY),
    /** The handshake failed on this side: what the server sent cannot be used. */
    HANDSHAKE_FAILED(CRITICAL, Group.REACHABILITY),
    /** The server speaks TLS and showed its chain, but only with algorithms or certificates that this side cannot use. */
    TLS_UNSUPPORTED(WARNING, Group.REACHABILITY),
    /** The server speaks only TLS versions that this Java refuses. */
    PROTOCOL_TOO_OLD(WARNING, Group.REACHABILITY),
    /** The chain is larger or longer than this Java accepts. */
    CHAIN_TOO_LARGE(WARNING, Group.REACHABILITY),
    /** The server demands a client certificate. */
    CLIENT_CERT_REQUIRED(INFO, Group.REACHABILITY),
    /** The server rejected the client certificate given for the target. */
    CLIENT_CERT_REJECTED(CRITICAL, Group.REACHABILITY),
    /** The server sent no certificate. */
    NO_CERTIFICATE(CRITICAL, Group.REACHABILITY),
    /** One of several addresses cannot be reached while others can. */
    ADDRESS_UNREACHABLE(WARNING, Group.REACHABILITY),
    /** The server has no certificate of a kind that was asked for, or cannot be asked for one alone. */
    CERTIFICATE_KIND_MISSING(WARNING, Group.REACHABILITY),
    /** The probe itself failed; a defect of this library or of something given to it. */
    PROBE_ERROR(CRITICAL, Group.REACHABILITY),

    /** A certificate that clients depend on has expired. */
    EXPIRED(CRITICAL, Group.VALIDITY),
    /** The leaf expires within the critical threshold. */
    EXPIRING_CRITICAL(CRITICAL, Group.VALIDITY),
    /** The leaf expires within the warning threshold. */
    EXPIRING_WARNING(WARNING, Group.VALIDITY),
    /** A certificate is not valid yet. */
    NOT_YET_VALID(CRITICAL, Group.VALIDITY),
    /** An intermediate expires within a threshold, with the severity of that threshold. */
    INTERMEDIATE_EXPIRING(WARNING, Group.VALIDITY),
    /** The trust anchor of the path expires within a threshold. */
    ANCHOR_EXPIRING(WARNING, Group.VALIDITY),
    /** The server sends an expired or expiring certificate that no client needs. */
    SUPERFLUOUS_EXPIRED(INFO, Group.VALIDITY),
    /** The client certificate that is shown to the target has expired, or is not valid yet. */
    CLIENT_CERT_EXPIRED(CRITICAL, Group.VALIDITY),
    /** The client certificate that is shown to the target expires within a threshold, with the severity of that threshold. */
    CLIENT_CERT_EXPIRING(WARNING, Group.VALIDITY),
    /** This machine's clock differs from what peers say, or most targets turned not-yet-valid together. */
    CLOCK_SUSPECT(WARNING, Group.VALIDITY),

    /** The certificate is for other names. */
    HOSTNAME_MISMATCH(CRITICAL, Group.TRUST),
    /** The leaf is its own issuer and not in the trust store. */
    SELF_SIGNED(CRITICAL, Group.TRUST),
    /** An intermediate certificate is missing from what the server sends. */
    INCOMPLETE_CHAIN(CRITICAL, Group.TRUST),
    /** The chain ends at a root that is not in the trust store. */
    UNTRUSTED_ROOT(CRITICAL, Group.TRUST),
    /** Certificates are linked but a rule is broken: signature, basic constraints, key usage, name constraints. */
    CHAIN_INVALID(CRITICAL, Group.TRUST),
    /** The leaf is not meant for servers. */
    WRONG_EKU(CRITICAL, Group.TRUST),
    /** The issuer has revoked the certificate. */
    REVOKED(CRITICAL, Group.TRUST),
    /** Revocation was asked for and could not be determined. */
    REVOCATION_UNKNOWN(INFO, Group.TRUST),
    /** A path exists, but Java's own trust manager refuses the chain. */
    PLATFORM_REFUSES(WARNING, Group.TRUST),
    /** The name matches only the common name, which browsers ignore and libpq and Java accept. */
    CN_ONLY(INFO, Group.TRUST),
    /** The trust store given for the target cannot be read. */
    TRUST_UNAVAILABLE(CRITICAL, Group.TRUST),

    /** A key of the chain is too short. */
    WEAK_KEY(WARNING, Group.HYGIENE),
    /** A certificate of the chain is signed with a broken hash. */
    WEAK_SIGNATURE(WARNING, Group.HYGIENE),
    /** The served chain is not in issuing order, or has certificates that do not belong to it. */
    CHAIN_ORDER(INFO, Group.HYGIENE),
    /** The server sends its root, which no client needs. */
    ROOT_SERVED(INFO, Group.HYGIENE),
    /** Java refuses to read the certificate, and so does every Java client; its dates and names were read without Java. */
    ODD_CERTIFICATE(WARNING, Group.HYGIENE),
    /** The certificate's lifetime is longer than public certificate authorities may issue. */
    LIFETIME_TOO_LONG(INFO, Group.HYGIENE),
    /** The certificate demands a stapled OCSP response, and none was sent or the one sent is of no use. */
    MUST_STAPLE_MISSING(WARNING, Group.HYGIENE),

    /** Addresses of one name serve different certificates. */
    INCONSISTENT_CERT(WARNING, Group.FLEET),
    /** The certificate file was renewed but the server still serves the former certificate. */
    STALE_SERVED(WARNING, Group.FLEET),
    /** The served certificate is not the one in the expected file, which is not newer. */
    UNEXPECTED_SERVED(WARNING, Group.FLEET),
    /** The renewed certificate ends earlier than the one before it. */
    DOWNGRADED_EXPIRY(WARNING, Group.FLEET),

    /** The file does not exist. */
    FILE_NOT_FOUND(CRITICAL, Group.FILE),
    /** The file may not be read by this process. */
    PERMISSION_DENIED(CRITICAL, Group.FILE),
    /** The link points nowhere. */
    BROKEN_SYMLINK(CRITICAL, Group.FILE),
    /** The file could not be read, or not within the limit; also a client certificate that could not be read again. */
    FILE_READ_FAILED(CRITICAL, Group.FILE),
    /** The contents are damaged, half-written or of an unknown form. */
    PARSE_ERROR(CRITICAL, Group.FILE),
    /** The key store needs another password. */
    BAD_PASSWORD(CRITICAL, Group.FILE),
    /** The file is readable but holds no certificate. */
    NO_CERTIFICATE_FOUND(CRITICAL, Group.FILE),
    /** The file is larger than the limit. */
    FILE_TOO_LARGE(CRITICAL, Group.FILE),
    /** A directory, pattern or list gives no target. */
    NO_MATCH(CRITICAL, Group.FILE),
    /** A list has entries that are no targets; all others are watched. */
    TARGETS_INVALID(WARNING, Group.FILE),
    /** A directory, pattern or list gives more targets than are watched. */
    TOO_MANY_TARGETS(WARNING, Group.FILE),
    /** The private key beside the leaf does not belong to it. */
    KEY_MISMATCH(CRITICAL, Group.FILE);

    /** What a code is about. */
    public enum Group {
        /** Could the certificate be fetched. */
        REACHABILITY,
        /** Dates. */
        VALIDITY,
        /** Would a client accept it. */
        TRUST,
        /** Good practice. */
        HYGIENE,
        /** Differences between places and moments. */
        FLEET,
        /** Files and key stores. */
        FILE
    }

    private final Severity severity;
    private final Group group;

    FindingCode(Severity severity, Group group) {
        this.severity = severity;
        this.group = group;
    }

    /** The weight a finding of this code has unless the target's policy says otherwise. */
    public Severity severity() {
        return severity;
    }

    /** What the code is about. */
    public Group group() {
        return group;
    }
}
