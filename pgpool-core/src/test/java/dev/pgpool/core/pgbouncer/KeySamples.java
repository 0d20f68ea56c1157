package dev.pgpool.core.pgbouncer;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** For each key of the section [pgbouncer] a value that is not its default, with files that it may name. */
final class KeySamples {
    private final Path directory;
    private final Path some;

    KeySamples(Path directory) throws IOException {
        this.directory = directory;
        this.some = file("some.pem");
    }

    private Path file(String name) throws IOException {
        return Files.write(directory.resolve(name), List.of(""));
    }

    /** An ini with a line about a key, and with what that makes sense with. */
    String[] lines(Keys.Key key, String line) throws IOException {
        List<String> all = new ArrayList<>(List.of("[databases]", "app = host=db", "[pgbouncer]"));
        all.addAll(List.of(companion(key, some)));
        all.add(line);
        return all.toArray(String[]::new);
    }

    /** What a key makes sense with. */
    private String[] companion(Keys.Key key, Path some) throws IOException {
        String name = key.name();
        if (name.endsWith("_tls_ca_file")) {
            String side = name.substring(0, 10);
            return side.equals("client_tls")
                    ? new String[] {
                        "client_tls_sslmode = verify-ca",
                        "client_tls_ca_file = " + file("first.pem"),
                        "client_tls_key_file = " + some,
                        "client_tls_cert_file = " + some
                    }
                    : new String[] {"server_tls_sslmode = verify-ca", "server_tls_ca_file = " + file("first.pem")};
        }
        if (name.endsWith("_tls_cert_file") || name.endsWith("_tls_key_file")) {
            String side = name.substring(0, 10);
            Path first = file("first.pem");
            return new String[] {
                side + "_sslmode = require", side + "_key_file = " + first, side + "_cert_file = " + first
            };
        }
        if (name.equals("client_tls_sslmode")) {
            return new String[] {"client_tls_key_file = " + some, "client_tls_cert_file = " + some};
        }
        return switch (name) {
            case "auth_query", "auth_dbname" -> new String[] {"auth_user = asker"};
            case "auth_hba_file" -> new String[] {"auth_type = hba", "auth_hba_file = " + file("first.hba")};
            case "auth_ident_file" -> new String[] {"auth_type = hba", "auth_hba_file = " + file("first.hba")};
            case "auth_ldap_options" ->
                new String[] {"auth_type = ldap", "auth_ldap_options = ldapserver=x ldapprefix=uid="};
            case "auth_type" -> new String[] {};
            default -> new String[] {};
        };
    }

    /** Another value than the default. */
    String other(Keys.Key key) {
        String name = key.name();
        if (name.endsWith("_file")) {
            return some.toString();
        }
        return switch (name) {
            case "listen_addr" -> "127.0.0.1";
            case "unix_socket_dir" -> directory.toString();
            case "unix_socket_mode" -> "0700";
            case "pool_mode" -> "transaction";
            case "auth_type" -> "trust";
            case "auth_ldap_options" -> "ldapurl=\"ldap://directory/dc=x?uid?sub\"";
            case "auth_dbname" -> "app";
            case "syslog_facility" -> "local0";
            case "auth_query" -> "SELECT a, b FROM c($1)";
            case "client_tls_sslmode", "server_tls_sslmode" -> "require";
            case "client_tls_protocols", "server_tls_protocols" -> "tlsv1.3";
            case "client_tls_ciphers", "server_tls_ciphers", "client_tls13_ciphers", "server_tls13_ciphers" ->
                "TLS_AES_256_GCM_SHA384";
            default ->
                switch (key.defaultValue()) {
                    case "0" -> "1";
                    case "1" -> "0";
                    default -> key.defaultValue().matches("\\d+") ? "7" : "other";
                };
        };
    }
}
