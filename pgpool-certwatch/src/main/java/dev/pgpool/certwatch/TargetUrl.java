package dev.pgpool.certwatch;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads targets from URLs. Written by hand because {@link java.net.URI} refuses host names with an underscore and gives
 * messages that repeat the whole URL, passwords included.
 */
final class TargetUrl {

    private static final Map<String, Scheme> SCHEMES = Map.ofEntries(
            Map.entry("https", new Scheme(Protocol.HTTPS, 443)),
            Map.entry("tls", new Scheme(Protocol.TLS, 0)),
            Map.entry("postgres", new Scheme(Protocol.POSTGRES, 5432)),
            Map.entry("postgresql", new Scheme(Protocol.POSTGRES, 5432)),
            Map.entry("postgres+direct", new Scheme(Protocol.POSTGRES_DIRECT, 5432)),
            Map.entry("smtp+starttls", new Scheme(Protocol.SMTP, 25)),
            Map.entry("imap+starttls", new Scheme(Protocol.IMAP, 143)),
            Map.entry("pop3+starttls", new Scheme(Protocol.POP3, 110)),
            Map.entry("ftp+starttls", new Scheme(Protocol.FTP, 21)),
            Map.entry("ldap+starttls", new Scheme(Protocol.LDAP, 389)),
            Map.entry("mysql+starttls", new Scheme(Protocol.MYSQL, 3306)),
            Map.entry("mysql", new Scheme(Protocol.MYSQL, 3306)),
            Map.entry("smtps", new Scheme(Protocol.TLS, 465)),
            Map.entry("imaps", new Scheme(Protocol.TLS, 993)),
            Map.entry("pop3s", new Scheme(Protocol.TLS, 995)),
            Map.entry("ftps", new Scheme(Protocol.TLS, 990)),
            Map.entry("ldaps", new Scheme(Protocol.TLS, 636)));

    private static final Set<String> ENDPOINT_OPTIONS =
            Set.of("name", "sni", "verify", "sslmode", "sslnegotiation", "expect", "warning", "critical");
    private static final Set<String> FILE_OPTIONS = Set.of("name", "password", "key", "warning", "critical");
    private static final Set<String> STORE_OPTIONS = Set.of("name", "warning", "critical");

    private record Scheme(Protocol protocol, int port) {}

    private TargetUrl() {}

    static CertTarget parse(String given) {
        String url = given.trim();
        if (url.regionMatches(true, 0, "jdbc:postgresql:", 0, 16)) {
            url = url.substring(5);
        }
        int colon = url.indexOf(':');
        if (colon <= 0) {
            throw wrong(url, "no scheme", "a URL such as https://host or postgres://host:5432");
        }
        String scheme = url.substring(0, colon).toLowerCase(Locale.ROOT);
        String rest = url.substring(colon + 1);
        int fragment = rest.indexOf('#');
        if (fragment >= 0) {
            rest = rest.substring(0, fragment);
        }
        int question = rest.indexOf('?');
        String query = question < 0 ? "" : rest.substring(question + 1);
        String body = question < 0 ? rest : rest.substring(0, question);
        return switch (scheme) {
            case "file" -> file(url, body, query);
            case "truststore" -> trustStore(url, body, query);
            default -> endpoint(url, scheme, body, query);
        };
    }

    private static CertTarget endpoint(String url, String scheme, String body, String query) {
        Scheme known = SCHEMES.get(scheme);
        if (known == null) {
            throw wrong(url, "unknown scheme \"" + scheme + "\"", "one of " + String.join(", ", sortedSchemes()));
        }
        if (!body.startsWith("//")) {
            throw wrong(url, "no // after the scheme", scheme + "://host");
        }
        String authority = body.substring(2);
        if (known.protocol() == Protocol.POSTGRES || known.protocol() == Protocol.MYSQL) {
            // Passwords in such URLs are often not encoded, slashes included.
            authority = authority.substring(authority.lastIndexOf('@') + 1);
        }
        int slash = authority.indexOf('/');
        if (slash >= 0) {
            authority = authority.substring(0, slash);
        }
        authority = authority.substring(authority.lastIndexOf('@') + 1);
        if (authority.indexOf(',') >= 0) {
            throw wrong(url, "several hosts", "one target for each host");
        }
        String host = authority;
        int port = known.port();
        int portColon = authority.startsWith("[")
                ? authority.indexOf(':', Math.max(0, authority.indexOf(']')))
                : authority.lastIndexOf(':');
        if (portColon >= 0) {
            host = authority.substring(0, portColon);
            port = port(url, authority.substring(portColon + 1));
        }
        if (host.isEmpty() || (host.indexOf(':') >= 0 && !host.startsWith("["))) {
            throw wrong(url, "host \"" + host + "\"", "a name, an IPv4 address, or an IPv6 address in brackets");
        }
        if (port == 0) {
            throw wrong(url, "no port", scheme + "://host:port");
        }
        Map<String, String> options = known.protocol() == Protocol.POSTGRES
                ? lenientOptions(url, query)
                : options(url, query, ENDPOINT_OPTIONS);
        Protocol protocol = known.protocol() == Protocol.POSTGRES && "direct".equals(options.get("sslnegotiation"))
                ? Protocol.POSTGRES_DIRECT
                : known.protocol();
        Endpoint endpoint;
        try {
            endpoint = Endpoint.of(protocol, host, port);
        } catch (IllegalArgumentException e) {
            throw wrong(url, String.valueOf(e.getMessage()), "a host that can be connected to");
        }
        return withOptions(url, endpoint, options);
    }

    private static CertTarget withOptions(String url, Endpoint plain, Map<String, String> options) {
        Endpoint endpoint = plain;
        String name = options.get("name");
        String sni = options.get("sni");
        String verify = options.getOrDefault("verify", options.get("sslmode"));
        String expect = options.get("expect");
        Thresholds thresholds = thresholds(url, options);
        if (name != null) {
            endpoint = endpoint.named(name);
        }
        if (sni != null) {
            endpoint = endpoint.withServerName(sni);
        }
        if (verify != null) {
            endpoint = endpoint.withVerification(verification(url, verify));
        }
        if (expect != null) {
            endpoint = endpoint.expectedFrom(path(url, expect));
        }
        return thresholds == null ? endpoint : endpoint.withThresholds(thresholds);
    }

    private static CertTarget file(String url, String body, String query) {
        String path = body.startsWith("///") ? body.substring(2) : body;
        if (path.isEmpty() || path.startsWith("//")) {
            throw wrong(url, "no local path", "file:/path or file:///path");
        }
        Map<String, String> options = options(url, query, FILE_OPTIONS);
        Path file = path(url, decode(url, path));
        String key = options.get("key");
        return new CertificateFile(
                options.getOrDefault("name", "file:" + file),
                file,
                options.get("password"),
                key == null ? null : path(url, key),
                thresholds(url, options));
    }

    private static CertTarget trustStore(String url, String body, String query) {
        Map<String, String> options = options(url, query, STORE_OPTIONS);
        TrustSource source = switch (body) {
            case "jdk" -> TrustSource.jdk();
            case "os" -> TrustSource.os();
            default -> throw wrong(url, "store \"" + body + "\"", "truststore:jdk or truststore:os");
        };
        return new TrustStoreTarget(
                options.getOrDefault("name", "truststore:" + body), source, thresholds(url, options));
    }

    private static Verification verification(String url, String given) {
        return switch (given) {
            case "none", "disable", "allow", "prefer", "require" -> Verification.NONE;
            case "ca", "verify-ca" -> Verification.CA;
            case "full", "verify-full" -> Verification.FULL;
            default -> throw wrong(url, "verify=" + given, "none, ca or full");
        };
    }

    private static @Nullable Thresholds thresholds(String url, Map<String, String> options) {
        String warning = options.get("warning");
        String critical = options.get("critical");
        if (warning == null && critical == null) {
            return null;
        }
        try {
            return Thresholds.fixed(
                    warning == null ? Thresholds.ADAPTIVE.warning() : duration(url, "warning", warning),
                    critical == null ? Thresholds.ADAPTIVE.critical() : duration(url, "critical", critical));
        } catch (IllegalArgumentException e) {
            throw wrong(url, String.valueOf(e.getMessage()), "warning not shorter than critical");
        }
    }

    private static Duration duration(String url, String option, String given) {
        if (given.matches("\\d{1,6}[dhm]")) {
            long amount = Long.parseLong(given.substring(0, given.length() - 1));
            return switch (given.charAt(given.length() - 1)) {
                case 'd' -> Duration.ofDays(amount);
                case 'h' -> Duration.ofHours(amount);
                default -> Duration.ofMinutes(amount);
            };
        }
        throw wrong(url, option + "=" + given, "a number with d, h or m, such as 30d");
    }

    private static int port(String url, String given) {
        if (given.matches("\\d{1,5}")) {
            int port = Integer.parseInt(given);
            if (port >= 1 && port <= 65535) {
                return port;
            }
        }
        // A port that is no number may be half of a password that was not encoded.
        throw wrong(url, given.matches("\\d+") ? "port " + given : "a port that is no number", "1 to 65535");
    }

    private static Path path(String url, String given) {
        try {
            return Path.of(given);
        } catch (InvalidPathException e) {
            throw wrong(url, "path: " + e.getReason(), "a path of this machine");
        }
    }

    private static Map<String, String> options(String url, String query, Set<String> known) {
        Map<String, String> options = lenientOptions(url, query);
        for (String option : options.keySet()) {
            if (!known.contains(option)) {
                throw wrong(
                        url,
                        option.matches("[a-z]{1,20}") && !url.contains("@")
                                ? "option \"" + option + "\""
                                : "an unknown option",
                        "one of " + String.join(", ", known.stream().sorted().toList()));
            }
        }
        return options;
    }

    /** All options of a query: PostgreSQL URLs carry many that are none of our business. */
    private static Map<String, String> lenientOptions(String url, String query) {
        Map<String, String> options = new LinkedHashMap<>();
        for (String pair : query.split("&", -1)) {
            int equals = pair.indexOf('=');
            if (!pair.isEmpty()) {
                options.put(
                        equals < 0 ? pair : pair.substring(0, equals),
                        equals < 0 ? "" : decode(url, pair.substring(equals + 1)));
            }
        }
        return options;
    }

    private static String decode(String url, String text) {
        try {
            return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw wrong(url, "a % without two hexadecimal digits", "percent-encoding");
        }
    }

    private static Iterable<String> sortedSchemes() {
        return java.util.stream.Stream.concat(
                        SCHEMES.keySet().stream(), java.util.stream.Stream.of("file", "truststore"))
                .sorted()
                .toList();
    }

    private static IllegalArgumentException wrong(String url, String seen, String expected) {
        return new IllegalArgumentException(redacted(url) + ": " + seen + " (expected: " + expected + ")");
    }

    /**
     * The URL without user info and query, where passwords live. Neither is always encoded: with both an {@code @} and a
     * {@code ?} nobody can tell which ends where, and only the scheme is shown.
     */
    private static String redacted(String url) {
        int slashes = url.indexOf("//");
        int question = url.indexOf('?');
        int at = url.lastIndexOf('@');
        if (question >= 0 && at > question) {
            return url.substring(0, Math.max(0, url.indexOf(':') + 1)) + "...";
        }
        String shown = question < 0 ? url : url.substring(0, question);
        return slashes >= 0 && at > slashes ? shown.substring(0, slashes + 2) + shown.substring(at + 1) : shown;
    }
}
