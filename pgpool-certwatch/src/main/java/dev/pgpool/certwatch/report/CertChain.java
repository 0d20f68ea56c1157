package dev.pgpool.certwatch.report;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Certificates that came from one place: an address of a server, or a file or an entry of it.
 *
 * @param where the address, or the path with the entry
 * @param entries the certificates as they came, and behind them the trust anchor of the longest verified path, if that was
 *     not among them
 */
public record CertChain(String where, List<Entry> entries) {

    /** What a certificate is in its chain. */
    public enum Role {
        /** The server's own. */
        LEAF,
        /** An authority between the leaf and the root. */
        INTERMEDIATE,
        /** A root that was sent along. */
        ROOT,
        /** The root of the trust store that the chain leads to. */
        ANCHOR,
        /** Sent along, and not linked to the leaf. */
        EXTRA,
        /** One that stands for itself, of a bundle or trust store. */
        SINGLE;

        /** The value of the tag {@code role}. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * A certificate and what it is here.
     *
     * @param certificate the certificate
     * @param role what it is here
     * @param staple the OCSP response about it that came with the chain; absent if none did
     * @param crl the dates of the revocation list that covers it; absent if none was fetched
     */
    public record Entry(
            CertificateFacts certificate,
            Role role,
            @Nullable OcspStaple staple,
            @Nullable CrlDates crl) {
        public Entry {
            requireNonNull(certificate, "certificate");
            requireNonNull(role, "role");
        }
    }

    public CertChain {
        requireNonNull(where, "where");
        entries = List.copyOf(entries);
    }
}
