package dev.pgpool.examples.certificates;

import dev.pgpool.certwatch.target.Endpoint;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What the parameter {@code module} means. The names are those of the example configuration of Blackbox Exporter; more are given
 * as templates, a scheme of ours with options: {@code internal=https?ca=/etc/ssl/internal.pem&verify=ca}.
 *
 * <p>All that names a file of this machine stands in a module, and nothing in a target: a target comes by HTTP, from a client
 * that is not known.
 */
final class Modules {

    static final String DEFAULT = "http_2xx";

    private static final Pattern TARGET =
            Pattern.compile("(?:([A-Za-z][A-Za-z0-9+]*)://)?(?:[^/?#@]*@)?([^/?#@\\\\\\s]+)(?:[/?#].*)?");

    private final Map<String, String> templates = new TreeMap<>(Map.ofEntries(
            Map.entry("http_2xx", "https"),
            Map.entry("http_post_2xx", "https"),
            Map.entry("tls_connect", "tls"),
            Map.entry("tcp_connect_tls", "tls"),
            Map.entry("grpc", "tls"),
            Map.entry("pop3s_banner", "pop3s"),
            Map.entry("smtp_starttls", "smtp+starttls"),
            Map.entry("imap_starttls", "imap+starttls"),
            Map.entry("pop3_starttls", "pop3+starttls"),
            Map.entry("ftp_starttls", "ftp+starttls"),
            Map.entry("ldap_starttls", "ldap+starttls"),
            Map.entry("mysql_starttls", "mysql+starttls"),
            Map.entry("postgresql", "postgres"),
            Map.entry("postgres_direct", "postgres+direct")));

    /**
     * Adds a module, or gives one another meaning.
     *
     * @param definition {@code name=scheme} or {@code name=scheme?options}
     * @throws IllegalArgumentException if it is none; the message names the module
     */
    void define(String definition) {
        int equals = definition.indexOf('=');
        if (equals <= 0) {
            throw new IllegalArgumentException("--module " + definition + " (expected: name=scheme?options)");
        }
        String name = definition.substring(0, equals);
        String template = definition.substring(equals + 1);
        templates.put(name, template);
        try {
            endpoint(name, "example.org:1", null);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("--module " + name + ": " + e.getMessage(), e);
        }
    }

    Set<String> names() {
        return templates.keySet();
    }

    /**
     * The endpoint that a request means; absent if there is no such module.
     *
     * @param target host, host and port, or a URL, of which path and query say nothing here
     * @param hostname name to ask for, absent for that of the target
     * @throws IllegalArgumentException if the target is none
     */
    Optional<Endpoint> endpoint(String module, String target, @Nullable String hostname) {
        String template = templates.get(module);
        if (template == null) {
            return Optional.empty();
        }
        Matcher parts = TARGET.matcher(target);
        if (!parts.matches()) {
            throw new IllegalArgumentException("target (expected: host, host:port or a URL)");
        }
        if ("http".equalsIgnoreCase(parts.group(1))) {
            throw new IllegalArgumentException("http has no certificate (expected: https)");
        }
        int question = template.indexOf('?');
        String scheme = question < 0 ? template : template.substring(0, question);
        String options = question < 0 ? "" : template.substring(question);
        if (hostname != null) {
            options += (options.isEmpty() ? "?" : "&") + "sni=" + URLEncoder.encode(hostname, StandardCharsets.UTF_8);
        }
        return Optional.of(Endpoint.parse(scheme + "://" + parts.group(2) + options));
    }
}
