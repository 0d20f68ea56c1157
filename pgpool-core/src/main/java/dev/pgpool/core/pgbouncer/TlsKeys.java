package dev.pgpool.core.pgbouncer;

import dev.pgpool.core.config.TlsBuilder;
import dev.pgpool.core.config.TlsMode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** The keys {@code client_tls_*} and {@code server_tls_*}. */
final class TlsKeys {
    private static final Set<String> USUAL_CIPHERS =
            Set.of("", "default", "secure", "fast", "normal", "compat", "legacy", "all");
    private static final Pattern SUITE = Pattern.compile("(?:TLS|SSL)_[A-Z0-9_]+");
    private static final Map<String, String> PROTOCOLS =
            Map.of("tlsv1.0", "TLSv1", "tlsv1.1", "TLSv1.1", "tlsv1.2", "TLSv1.2", "tlsv1.3", "TLSv1.3");

    private TlsKeys() {}

    /** Whether a key is one of these. */
    static boolean isOne(String key) {
        return key.startsWith("client_tls") || key.startsWith("server_tls");
    }

    /**
     * @param side {@code client_tls} or {@code server_tls}
     * @param unfit where it is said what one key lacks of the others
     */
    static void apply(String side, IniSettings settings, TlsBuilder tls, List<String> unfit) {
        TlsMode mode = settings.oneOf(
                side + "_sslmode", TlsMode.class, side.equals("client_tls") ? TlsMode.DISABLE : TlsMode.PREFER);
        tls.mode(mode);
        if (mode != TlsMode.DISABLE) {
            // files that are not used are not even looked at
            certificate(side, settings, tls, unfit);
            trust(side, mode, settings, tls, unfit);
        }
        protocols(side + "_protocols", settings, tls);
        List<String> suites = new ArrayList<>();
        suites(side + "_ciphers", settings, suites);
        suites(side + "13_ciphers", settings, suites);
        if (!suites.isEmpty()) {
            tls.cipherSuites(suites.toArray(String[]::new));
        }
    }

    private static void certificate(String side, IniSettings settings, TlsBuilder tls, List<String> unfit) {
        Optional<Path> key = settings.file(side + "_key_file");
        Optional<Path> certificate = settings.file(side + "_cert_file");
        if (key.isPresent() && certificate.isPresent()) {
            tls.certificate(certificate.get(), key.get());
        } else if (key.isPresent()) {
            settings.problem(unfit, side + "_key_file", "together with " + side + "_cert_file");
        } else if (certificate.isPresent()) {
            settings.problem(unfit, side + "_cert_file", "together with " + side + "_key_file");
        }
    }

    /** Certificates of clients are checked in every mode, if there are any; those of servers only where they must be. */
    private static void trust(String side, TlsMode mode, IniSettings settings, TlsBuilder tls, List<String> unfit) {
        Optional<Path> trust = settings.file(side + "_ca_file");
        if (trust.isPresent() && (mode.isVerified() || side.equals("client_tls"))) {
            tls.trust(trust.get());
        } else if (trust.isEmpty() && mode.isVerified()) {
            settings.problem(unfit, side + "_sslmode", "together with " + side + "_ca_file");
        }
    }

    private static void protocols(String key, IniSettings settings, TlsBuilder tls) {
        String given = settings.text(key, "secure").toLowerCase(Locale.ROOT);
        switch (given) {
            case "", "secure", "default" -> {
                // ours as well
            }
            case "all", "legacy" -> tls.protocols("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3");
            default -> {
                List<String> chosen = new ArrayList<>();
                for (String name : given.split("[,:\\s]+", -1)) {
                    String known = PROTOCOLS.get(name);
                    if (known == null) {
                        settings.problem(key, "secure, all, or some of tlsv1.0, tlsv1.1, tlsv1.2, tlsv1.3");
                        return;
                    }
                    chosen.add(known);
                }
                tls.protocols(chosen.toArray(String[]::new));
            }
        }
    }

    private static void suites(String key, IniSettings settings, List<String> suites) {
        String given = settings.text(key, "default");
        if (USUAL_CIPHERS.contains(given.toLowerCase(Locale.ROOT))) {
            return;
        }
        for (String name : given.split("[,:\\s]+", -1)) {
            if (!SUITE.matcher(name).matches()) {
                settings.problem(key, "default, or names of cipher suites as the JDK has them, with colons between");
                return;
            }
            suites.add(name);
        }
    }
}
