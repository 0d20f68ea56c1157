package dev.pgpool.certwatch.target;

import dev.pgpool.certwatch.trust.Secret;
import dev.pgpool.certwatch.trust.TrustSource;
import dev.pgpool.certwatch.trust.Verification;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
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

    private record Scheme(Protocol protocol, int port) {}

    private TargetUrl() {}

    static CertTarget parse(String given) {
        String url = given.trim();
        boolean jdbc = url.regionMatches(true, 0, "jdbc:postgresql:", 0, 16);
        if (jdbc) {
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
            case "targets" -> list(url, body, query);
            case "truststore" -> trustStore(url, body, query);
            default -> endpoint(url, scheme, body, query, jdbc);
        };
    }

    private static CertTarget endpoint(String url, String scheme, String body, String query, boolean jdbc) {
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
        TargetOptions options = options(url, query);
        boolean postgres = known.protocol() == Protocol.POSTGRES || known.protocol() == Protocol.POSTGRES_DIRECT;
        if (postgres && !jdbc) {
            // libpq takes host and port from the query as well.
            host = host.isEmpty() ? bracketed(options.text("host", "")) : host;
            String queryPort = options.text("port");
            port = queryPort == null ? port : port(url, queryPort);
        }
        if (host.isEmpty() || (host.indexOf(':') >= 0 && !host.startsWith("["))) {
            throw wrong(url, "host \"" + host + "\"", "a name, an IPv4 address, or an IPv6 address in brackets");
        }
        if (port == 0) {
            throw wrong(url, "no port", scheme + "://host:port");
        }
        Protocol protocol = known.protocol() == Protocol.POSTGRES
                        && options.text("sslnegotiation", options.text(jdbc ? "sslNegotiation" : "sslnegotiation", ""))
                                .equals("direct")
                ? Protocol.POSTGRES_DIRECT
                : known.protocol();
        Endpoint endpoint;
        try {
            endpoint = Endpoint.of(protocol, host, port);
        } catch (IllegalArgumentException e) {
            throw wrong(url, String.valueOf(e.getMessage()), "a host that can be connected to");
        }
        LibpqOptions libpq = postgres ? new LibpqOptions(options, jdbc, message -> wrong(url, message)) : null;
        endpoint = withOptions(url, endpoint, options, libpq);
        options.refuseOthers(!url.contains("@"), option -> libpq != null && libpq.isOther(option));
        return endpoint;
    }

    private static String bracketed(String host) {
        return host.indexOf(':') >= 0 && !host.startsWith("[") ? "[" + host + "]" : host;
    }

    private static Endpoint withOptions(
            String url, Endpoint plain, TargetOptions options, @Nullable LibpqOptions libpq) {
        String sni = options.text("sni");
        String verify = libpq == null ? options.text("verify", "") : "";
        Path expect = options.path("expect");
        TrustSource trust = options.trust();
        HttpProxy proxy = options.proxy();
        ClientIdentity client = options.client();
        try {
            Endpoint endpoint = plain.connecting(options.connect()).withPolicy(options.policy());
            endpoint = sni == null ? endpoint : endpoint.withServerName(sni);
            endpoint = verify.isEmpty() ? endpoint : endpoint.withVerification(verification(url, verify));
            endpoint = expect == null ? endpoint : endpoint.expectedFrom(expect);
            endpoint = trust == null ? endpoint : endpoint.withTrust(trust);
            endpoint = proxy == null ? endpoint : endpoint.through(proxy);
            endpoint = client == null ? endpoint : endpoint.withClient(client);
            endpoint = libpq == null ? endpoint : libpq.apply(endpoint);
            String name = options.text("name");
            return name == null ? endpoint : endpoint.named(name);
        } catch (IllegalArgumentException e) {
            throw described(url, e);
        }
    }

    private static CertTarget file(String url, String body, String query) {
        String path = localPath(url, body, "file:/path or file:///path");
        TargetOptions options = options(url, query);
        String decoded = options.decode(path);
        Path file = options.path("file", decoded);
        if (isSet(decoded, file)) {
            return files(url, decoded, options);
        }
        String password = options.text("password");
        CertificateFile target = new CertificateFile(
                options.text("name", "file:" + file),
                file,
                password == null ? null : Secret.of(password.toCharArray()),
                options.path("key"),
                options.leaves(),
                options.policy());
        options.refuseOthers(!url.contains("@"));
        return target;
    }

    private static String localPath(String url, String body, String expected) {
        String path = body.startsWith("///") ? body.substring(2) : body;
        if (path.isEmpty() || path.startsWith("//")) {
            throw wrong(url, "no local path", expected);
        }
        return path;
    }

    /** A file whose name looks like a pattern is that file. */
    private static boolean isSet(String path, Path file) {
        if (path.endsWith("/") || Files.isDirectory(file)) {
            return true;
        }
        return path.chars().anyMatch(c -> "*?[{".indexOf(c) >= 0) && !Files.exists(file, LinkOption.NOFOLLOW_LINKS);
    }

    private static CertTarget files(String url, String pattern, TargetOptions options) {
        String password = options.text("password");
        boolean recursive = options.flag("recursive");
        try {
            TargetSet set = new TargetSet(
                    options.text("name", "file:" + pattern),
                    TargetSet.Kind.FILES,
                    pattern,
                    recursive,
                    password == null ? null : Secret.of(password.toCharArray()),
                    options.policy());
            options.refuseOthers(!url.contains("@"));
            return set;
        } catch (IllegalArgumentException e) {
            throw described(url, e);
        }
    }

    private static CertTarget list(String url, String body, String query) {
        String path = localPath(url, body, "targets:/path");
        TargetOptions options = options(url, query);
        Path file = options.path("targets", options.decode(path));
        TargetSet set =
                TargetSet.list(file).withPolicy(options.policy()).named(options.text("name", "targets:" + file));
        options.refuseOthers(!url.contains("@"));
        return set;
    }

    private static CertTarget trustStore(String url, String body, String query) {
        TargetOptions options = options(url, query);
        TrustSource source = switch (body) {
            case "jdk" -> TrustSource.jdk();
            case "os" -> TrustSource.os();
            default -> throw wrong(url, "store \"" + body + "\"", "truststore:jdk or truststore:os");
        };
        TrustStoreTarget target =
                new TrustStoreTarget(options.text("name", "truststore:" + body), source, options.policy());
        options.refuseOthers(!url.contains("@"));
        return target;
    }

    private static TargetOptions options(String url, String query) {
        return new TargetOptions(query, message -> wrong(url, message));
    }

    static Verification verification(String url, String given) {
        return switch (given) {
            case "none" -> Verification.NONE;
            case "ca" -> Verification.CA;
            case "full" -> Verification.FULL;
            default -> throw wrong(url, "verify=" + given, "none, ca or full");
        };
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

    private static Iterable<String> sortedSchemes() {
        return java.util.stream.Stream.concat(
                        SCHEMES.keySet().stream(), java.util.stream.Stream.of("file", "targets", "truststore"))
                .sorted()
                .toList();
    }

    private static IllegalArgumentException wrong(String url, String seen, String expected) {
        return wrong(url, seen + " (expected: " + expected + ")");
    }

    private static IllegalArgumentException described(String url, IllegalArgumentException e) {
        String message = String.valueOf(e.getMessage());
        return message.startsWith(redacted(url)) ? e : wrong(url, message);
    }

    private static IllegalArgumentException wrong(String url, String message) {
        return new IllegalArgumentException(redacted(url) + ": " + message);
    }

    /**
     * The URL without user info and query, where passwords live. Neither is always encoded: with both an {@code @} and a
     * {@code ?} it cannot be told which ends where, and only the scheme is shown.
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
