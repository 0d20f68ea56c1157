package dev.pgpool.certwatch.internal.judge;

import dev.pgpool.certwatch.internal.x509.OddCertificate;
import java.security.GeneralSecurityException;
import java.security.InvalidAlgorithmParameterException;
import java.security.cert.CertPath;
import java.security.cert.CertPathValidator;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertPathValidatorException.BasicReason;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/*
 * Java's CertPathBuilder gives one path and stops; the horizon needs all of them, because the last one to break is what
 * counts (the AddTrust accident: one path expired, clients with the other were content). So the paths are enumerated here,
 * depth first from the leaf over the served certificates to the anchors, by subject and issuer name, each step proved by a
 * signature check. As in Go's crypto/x509 the search is bounded: a peer could serve a hundred certificates that all name
 * each other. A signature is checked once with each key, steps are counted besides, and what was found until then counts.
 *
 * Dates play no part in the search: an expired path is still a path, and its end is the very thing to report. What is left
 * to check on a path found (name constraints, policies, critical extensions) is asked of Java's validator at a moment when
 * all its certificates are valid. Algorithms that Java has disabled do not break a path here: they are findings of their
 * own, and must not make the expiry vanish.
 */
/** Finds all paths from a leaf to the anchors. Used once. */
final class PathFinder {

    private static final int MAX_STEPS = 2000;
    /** As many as OpenSSL follows; what a peer can make this cost is bounded by the steps. */
    private static final int MAX_DEPTH = 100;

    private static final int MAX_PATHS = 32;
    /** Java's validator checks a signature for each certificate of a path that it is asked about. */
    private static final int MAX_VALIDATED = 640;

    private static final int KEY_CERT_SIGN = 5;

    private final List<X509Certificate> served;
    private final TrustAnchors anchors;
    private final SignatureChecks checks;
    private final List<List<X509Certificate>> paths = new ArrayList<>();
    private int steps;
    private int validated;
    private @Nullable String objection;
    private @Nullable String unusable;

    PathFinder(List<X509Certificate> served, TrustAnchors anchors, SignatureChecks checks) {
        this.served = served;
        this.anchors = anchors;
        this.checks = checks;
    }

    /** All paths, leaf first and anchor last. */
    List<List<X509Certificate>> find() {
        X509Certificate leaf = served.get(0);
        List<X509Certificate> path = new ArrayList<>();
        path.add(leaf);
        if (anchors.contains(leaf)) {
            accept(path);
        }
        extend(path);
        return paths;
    }

    /** Why the last path tried was not accepted; absent if none was tried in vain. */
    @Nullable
    String objection() {
        return objection;
    }

    /** A link that can be neither proved nor disproved here; absent if there was none. */
    @Nullable
    String unusable() {
        return unusable;
    }

    private void extend(List<X509Certificate> path) {
        X509Certificate last = path.get(path.size() - 1);
        if (path.size() >= MAX_DEPTH) {
            objection = "no path found within " + MAX_DEPTH + " certificates";
            return;
        }
        for (X509Certificate anchor : anchors.withSubject(last.getIssuerX500Principal())) {
            if (!anchor.equals(last) && paths.size() < MAX_PATHS && signed(last, anchor)) {
                path.add(anchor);
                accept(path);
                path.remove(path.size() - 1);
            }
        }
        for (X509Certificate issuer : served) {
            if (issuer.getSubjectX500Principal().equals(last.getIssuerX500Principal())
                    && !onPath(path, issuer)
                    && !anchors.contains(issuer)
                    && paths.size() < MAX_PATHS
                    && signed(last, issuer)) {
                path.add(issuer);
                if (mayIssue(path)) {
                    extend(path);
                }
                path.remove(path.size() - 1);
            }
        }
    }

    /** The same subject with the same key would go round in a circle, also under another certificate. */
    private static boolean onPath(List<X509Certificate> path, X509Certificate issuer) {
        for (X509Certificate earlier : path) {
            if (earlier.getSubjectX500Principal().equals(issuer.getSubjectX500Principal())
                    && earlier.getPublicKey().equals(issuer.getPublicKey())) {
                return true;
            }
        }
        return false;
    }

    private boolean signed(X509Certificate certificate, X509Certificate issuer) {
        if (++steps > MAX_STEPS) {
            objection = "no path found within " + MAX_STEPS + " steps: too many certificates name each other";
            return false;
        }
        if (checks.verifies(certificate, issuer)) {
            return true;
        }
        if (Signatures.unusable(issuer.getPublicKey(), certificate.getSigAlgName())) {
            unusable = name(issuer) + " has a key that this Java cannot check the signature on " + name(certificate)
                    + " with";
        }
        objection = checks.exhausted()
                ? "no path found within " + SignatureChecks.MAX + " signature checks: too many certificates of one name"
                : "the signature on " + name(certificate) + " is not that of " + name(issuer);
        return false;
    }

    /** Whether the last certificate of the path may issue the ones before it. */
    private boolean mayIssue(List<X509Certificate> path) {
        X509Certificate issuer = path.get(path.size() - 1);
        int pathLength = issuer.getBasicConstraints();
        if (pathLength < 0) {
            objection = name(issuer) + " is not a certificate authority";
            return false;
        }
        long below = path.subList(1, path.size() - 1).stream()
                .filter(between -> !between.getSubjectX500Principal().equals(between.getIssuerX500Principal()))
                .count();
        if (below > pathLength) {
            objection = name(issuer) + " may have " + pathLength + " authorities below it, has " + below;
            return false;
        }
        boolean[] usage = issuer.getKeyUsage();
        if (usage != null && !usage[KEY_CERT_SIGN]) {
            objection = name(issuer) + " may not sign certificates (key usage)";
            return false;
        }
        return true;
    }

    private void accept(List<X509Certificate> path) {
        if (validated > MAX_VALIDATED) {
            return;
        }
        validated += path.size();
        String reason = path.size() == 1 ? null : brokenRule(path);
        if (reason == null) {
            paths.add(List.copyOf(path));
        } else {
            objection = reason;
        }
    }

    /** The rules that need no date: names by us, all others by Java. */
    private static @Nullable String brokenRule(List<X509Certificate> path) {
        List<X509Certificate> below = path.subList(0, path.size() - 1);
        String names = NameConstraints.broken(path);
        if (names != null) {
            return names;
        }
        if (path.stream().anyMatch(OddCertificate.class::isInstance)) {
            // Java's validator takes no certificate that Java refuses; the rules of authorities were checked step by
            // step.
            return criticalExtension(below);
        }
        Instant from = below.get(0).getNotBefore().toInstant();
        Instant until = below.get(0).getNotAfter().toInstant();
        for (X509Certificate certificate : below) {
            Instant begin = certificate.getNotBefore().toInstant();
            Instant end = certificate.getNotAfter().toInstant();
            from = begin.isAfter(from) ? begin : from;
            until = end.isBefore(until) ? end : until;
        }
        if (until.isBefore(from)) {
            // Never valid all at once, so there is no moment to ask about; the dates are reported anyway.
            return null;
        }
        try {
            CertPath certPath = CertificateFactory.getInstance("X.509").generateCertPath(below);
            PKIXParameters parameters = new PKIXParameters(Set.of(new TrustAnchor(path.get(path.size() - 1), null)));
            parameters.setRevocationEnabled(false);
            parameters.setDate(Date.from(until));
            CertPathValidator.getInstance("PKIX").validate(certPath, parameters);
            return null;
        } catch (CertPathValidatorException e) {
            // The algorithm ends Java's check before it has come to the extensions.
            return e.getReason() == BasicReason.ALGORITHM_CONSTRAINED
                    ? criticalExtension(below)
                    : String.valueOf(e.getMessage());
        } catch (InvalidAlgorithmParameterException e) {
            return String.valueOf(e.getMessage());
        } catch (GeneralSecurityException e) {
            return "cannot be checked by this Java: " + e.getMessage();
        }
    }

    private static @Nullable String criticalExtension(List<X509Certificate> below) {
        for (X509Certificate certificate : below) {
            if (certificate.hasUnsupportedCriticalExtension()) {
                return name(certificate) + " has a critical extension that is not understood";
            }
        }
        return null;
    }

    private static String name(X509Certificate certificate) {
        return "\"" + certificate.getSubjectX500Principal().getName() + "\"";
    }
}
