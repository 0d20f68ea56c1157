package dev.pgpool.certwatch.target;

import dev.pgpool.certwatch.finding.Mute;
import dev.pgpool.certwatch.trust.TrustSource;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The options in the query of a target's URL. What no method has asked for is unknown or has no effect, and is refused in the
 * end. Messages name options and never the values of those that may hold a secret.
 */
final class TargetOptions {

    private static final String LABEL = "label.";

    private final Function<String, IllegalArgumentException> wrong;
    private final Map<String, String> given = new LinkedHashMap<>();
    private final Set<String> known = new TreeSet<>();

    /**
     * Takes a query apart.
     *
     * @param wrong makes the exception for a message, with the URL before it
     */
    TargetOptions(String query, Function<String, IllegalArgumentException> wrong) {
        this.wrong = wrong;
        for (String pair : query.split("&", -1)) {
            int equals = pair.indexOf('=');
            if (!pair.isEmpty()) {
                String name = equals < 0 ? pair : pair.substring(0, equals);
                if (given.put(name, equals < 0 ? "" : decode(pair.substring(equals + 1))) != null) {
                    throw wrong.apply(shown(name) + " twice (expected: once)");
                }
            }
        }
    }

    String decode(String text) {
        try {
            return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw wrong.apply("a % without two hexadecimal digits (expected: percent-encoding)");
        }
    }

    @Nullable
    String text(String option) {
        known.add(option);
        return given.get(option);
    }

    String text(String option, String otherwise) {
        String value = text(option);
        return value == null ? otherwise : value;
    }

    boolean flag(String option) {
        String value = text(option, "false");
        return switch (value) {
            case "true", "" -> true;
            case "false" -> false;
            default ->
                throw wrong.apply(option + "=" + value.replaceAll("\\p{Cntrl}", "?") + " (expected: true or false)");
        };
    }

    @Nullable
    Path path(String option) {
        String value = text(option);
        return value == null ? null : path(option, value);
    }

    Path path(String option, String value) {
        if (value.isEmpty()) {
            throw wrong.apply(option + " without a path (expected: a path of this machine)");
        }
        try {
            return Path.of(value);
        } catch (InvalidPathException e) {
            throw wrong.apply(option + ": " + e.getReason() + " (expected: a path of this machine)");
        }
    }

    /** An option that has an effect only beside another. */
    char @Nullable [] secretBeside(String option, String other) {
        String value = text(option);
        if (value != null && !given.containsKey(other)) {
            throw wrong.apply(option + " without " + other + " (expected: both)");
        }
        return value == null ? null : value.toCharArray();
    }

    /** What every target may have. */
    TargetPolicy policy() {
        Map<String, String> labels = new TreeMap<>();
        given.forEach((option, value) -> {
            if (option.startsWith(LABEL)) {
                known.add(option);
                labels.put(option.substring(LABEL.length()), value);
            }
        });
        String interval = text("interval");
        String mute = text("mute");
        try {
            return new TargetPolicy(
                    thresholds(),
                    interval == null ? null : DurationText.parse("interval", interval),
                    labels,
                    mute == null ? List.of() : Mute.parse(mute));
        } catch (IllegalArgumentException e) {
            throw wrong.apply(String.valueOf(e.getMessage()));
        }
    }

    private @Nullable Thresholds thresholds() {
        String warning = text("warning");
        String critical = text("critical");
        return warning == null && critical == null ? null : Thresholds.parse(warning, critical);
    }

    /** Which certificates of a file count. */
    CertificateFile.Leaves leaves() {
        String value = text("leaves", "each");
        return switch (value) {
            case "each" -> CertificateFile.Leaves.EACH;
            case "first" -> CertificateFile.Leaves.FIRST;
            default -> throw wrong.apply("leaves=" + value + " (expected: each or first)");
        };
    }

    /** Own trust anchors; absent for those of the watch. */
    @Nullable
    TrustSource trust() {
        String ca = text("ca");
        char[] password = secretBeside("capassword", "ca");
        if (ca == null) {
            return null;
        }
        if (password != null) {
            return TrustSource.keyStore(path("ca", ca), password);
        }
        return switch (ca) {
            case "jdk" -> TrustSource.jdk();
            case "os" -> TrustSource.os();
            default -> TrustSource.file(path("ca", ca));
        };
    }

    /** The certificate to show; absent for none. */
    @Nullable
    ClientIdentity client() {
        Path file = path("client");
        Path key = path("clientkey");
        char[] password = secretBeside("clientpassword", "client");
        if (file == null) {
            if (key != null) {
                throw wrong.apply("clientkey without client (expected: both)");
            }
            return null;
        }
        try {
            return key == null
                    ? ClientIdentity.keyStore(file, password == null ? new char[0] : password)
                    : ClientIdentity.pem(file, key, password);
        } catch (IOException e) {
            String message = String.valueOf(e.getMessage());
            throw wrong.apply("client: " + file + " cannot be opened, " + message
                    + (message.contains("(expected: ")
                            ? ""
                            : " (expected: a PKCS12 or JKS store with a key, a PEM file with certificate and key, or a"
                                    + " certificate with its key as clientkey; the password as clientpassword)"));
        }
    }

    /** The proxy to go through; absent for none. */
    @Nullable
    HttpProxy proxy() {
        String text = text("proxy");
        if (text == null) {
            return null;
        }
        String rest = text.regionMatches(true, 0, "http://", 0, 7) ? text.substring(7) : text;
        int at = rest.lastIndexOf('@');
        String place = rest.substring(at + 1);
        place = place.endsWith("/") ? place.substring(0, place.length() - 1) : place;
        int colon = place.lastIndexOf(':');
        String port = colon < 0 ? "" : place.substring(colon + 1);
        if (colon <= 0 || !port.matches("\\d{1,5}") || place.indexOf('/') >= 0) {
            throw wrong.apply("proxy (expected: http://host:port or http://user:password@host:port)");
        }
        String host = place.substring(0, colon);
        host = host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
        try {
            if (at < 0) {
                return HttpProxy.of(host, Integer.parseInt(port));
            }
            String user = rest.substring(0, at);
            int split = user.indexOf(':');
            return split < 0
                    ? HttpProxy.of(host, Integer.parseInt(port), user, new char[0])
                    : HttpProxy.of(
                            host,
                            Integer.parseInt(port),
                            user.substring(0, split),
                            user.substring(split + 1).toCharArray());
        } catch (IllegalArgumentException e) {
            throw wrong.apply(String.valueOf(e.getMessage()));
        }
    }

    /** How the connection is made. */
    ConnectOptions connect() {
        String header = text("proxyprotocol");
        try {
            return new ConnectOptions(
                    list("address"),
                    header == null ? null : proxyProtocol(header),
                    text("ehlo"),
                    new TlsOffer(
                            list("tls").stream().map(TargetOptions::version).toList(), list("ciphers"), keys()));
        } catch (IllegalArgumentException e) {
            throw wrong.apply(String.valueOf(e.getMessage()));
        }
    }

    private static ProxyProtocol proxyProtocol(String text) {
        return switch (text.toLowerCase(Locale.ROOT)) {
            case "v1", "1" -> ProxyProtocol.V1;
            case "v2", "2" -> ProxyProtocol.V2;
            default -> throw new IllegalArgumentException("proxyprotocol=" + text + " (expected: v1 or v2)");
        };
    }

    /** {@code 1.2} is how people say it, {@code TLSv1.2} how Java does. */
    private static String version(String text) {
        String number = text.replaceFirst("(?i)^TLSv?", "");
        return "TLSv" + (number.equals("1.0") ? "1" : number);
    }

    private Set<KeyKind> keys() {
        Set<KeyKind> kinds = new LinkedHashSet<>();
        for (String kind : list("keys")) {
            try {
                kinds.add(KeyKind.valueOf(kind.toUpperCase(Locale.ROOT)));
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException("keys=" + kind + " (expected: rsa, ecdsa, or both)", e);
            }
        }
        return kinds;
    }

    private List<String> list(String option) {
        String value = text(option);
        if (value == null) {
            return List.of();
        }
        List<String> parts = new ArrayList<>();
        for (String part : value.split(",", -1)) {
            parts.add(part.trim());
        }
        return parts;
    }

    /** Refuses what nothing has asked for. */
    void refuseOthers(boolean mayName) {
        refuseOthers(mayName, option -> false);
    }

    /**
     * Refuses what nothing has asked for.
     *
     * @param others those that are known elsewhere and have no effect here
     */
    void refuseOthers(boolean mayName, Predicate<String> others) {
        for (String option : given.keySet()) {
            if (!known.contains(option) && !others.test(option)) {
                throw wrong.apply((mayName ? shown(option) : "an unknown option") + " (expected: one of "
                        + String.join(
                                ", ",
                                known.stream()
                                        .filter(name -> !name.startsWith(LABEL))
                                        .toList()) + ", "
                        + LABEL + "NAME)");
            }
        }
    }

    /** What looks like no option may be half of a password. */
    private static String shown(String option) {
        return option.matches("[a-z]{1,20}") ? "option \"" + option + "\"" : "an unknown option";
    }
}
