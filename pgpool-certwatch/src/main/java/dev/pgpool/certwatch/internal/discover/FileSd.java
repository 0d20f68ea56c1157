package dev.pgpool.certwatch.internal.discover;

import dev.pgpool.certwatch.internal.document.Documents;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Prometheus' {@code file_sd}: groups of targets with labels. A target is a URL of ours, or as in configurations for Blackbox
 * Exporter a host with or without a port: {@code host:port} is TLS from the first byte, anything else HTTPS. Labels that begin
 * with two underscores are for relabelling only, which is done elsewhere.
 *
 * @see <a href="https://prometheus.io/docs/prometheus/latest/configuration/configuration/#file_sd_config">file_sd_config</a>
 */
final class FileSd {

    private static final Pattern SCHEME = Pattern.compile("[A-Za-z][A-Za-z0-9+]*:(//|/).*");
    private static final Pattern PLAIN_PORT = Pattern.compile("(\\[[0-9A-Fa-f:.]+]|[^:/?#\\[\\]]+):(\\d{1,5})");

    private FileSd() {}

    static List<TargetList.Entry> entries(List<Object> documents, List<String> problems) {
        List<TargetList.Entry> entries = new ArrayList<>();
        int number = 0;
        for (Object document : documents) {
            if (!(document instanceof List<?> groups)) {
                problems.add("no list of groups (expected: [{\"targets\": [...], \"labels\": {...}}])");
                continue;
            }
            for (Object group : groups) {
                number++;
                group("group " + number, group, entries, problems);
            }
        }
        return entries;
    }

    private static void group(String where, Object group, List<TargetList.Entry> entries, List<String> problems) {
        if (!(Documents.at(group, "targets") instanceof List<?> targets)) {
            problems.add(where + ": no targets (expected: a list of them)");
            return;
        }
        Map<String, String> labels = new LinkedHashMap<>();
        for (Map.Entry<String, String> label : Documents.texts(group, "labels")) {
            if (!label.getKey().startsWith("__")) {
                labels.put(label.getKey(), label.getValue());
            }
        }
        String instance = labels.getOrDefault("instance", "");
        labels.remove("instance");
        for (Object target : targets) {
            if (target instanceof String text && !text.isBlank()) {
                String url = url(text.strip());
                // Prometheus takes the label for the identity; of several targets it cannot be that.
                boolean named = !instance.isBlank() && targets.size() == 1;
                entries.add(new TargetList.Entry(where, named ? named(url, instance) : url, labels));
            } else {
                problems.add(where + ": a target that is no text (expected: a URL, or host:port)");
            }
        }
    }

    static String url(String target) {
        if (SCHEME.matcher(target).matches() || target.startsWith("truststore:")) {
            return target;
        }
        if (PLAIN_PORT.matcher(target).matches()) {
            return target.endsWith(":443") ? "https://" + target : "tls://" + target;
        }
        return "https://" + target;
    }

    private static String named(String url, String name) {
        if (url.matches(".*[?&]name=.*")) {
            return url;
        }
        String encoded = java.net.URLEncoder.encode(name, java.nio.charset.StandardCharsets.UTF_8)
                .replace("+", "%20");
        return url + (url.indexOf('?') < 0 ? "?" : "&") + "name=" + encoded;
    }
}
