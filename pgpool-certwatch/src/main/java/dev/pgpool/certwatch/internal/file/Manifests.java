package dev.pgpool.certwatch.internal.file;

import dev.pgpool.certwatch.finding.Finding;
import dev.pgpool.certwatch.finding.FindingCode;
import dev.pgpool.certwatch.internal.document.DocumentException;
import dev.pgpool.certwatch.internal.document.Documents;
import dev.pgpool.certwatch.internal.x509.Certificates;
import dev.pgpool.certwatch.trust.Secret;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Kubernetes' files that have certificates in them: manifests of Secrets and ConfigMaps, and kubeconfig, in YAML or JSON, one
 * document or several. Gives the parts; each is then read as a file of its own would be.
 */
final class Manifests {

    private static final Pattern KIND = Pattern.compile(
            "(^|[\\s{,\"'])kind[\"']?\\s*:\\s*[\"']?(Secret|SecretList|ConfigMap|ConfigMapList|List|Config)\\b");

    private static final Pattern BLOCK = Pattern.compile("-----BEGIN ([A-Z0-9 #]+)-----");

    /** How far lists may stand in lists. */
    private static final int MAX_DEPTH = 5;

    private final Path file;
    private final List<Part> parts = new ArrayList<>();
    private final List<Finding> problems = new ArrayList<>();

    /**
     * Certificates within a file, or in another that it names.
     *
     * @param label what they belong to, for a person
     * @param bytes what a file would hold, with the key if there is one; absent if it is another file
     * @param reference the other file; absent if the bytes are here
     */
    record Part(
            String label, @Nullable Bytes bytes, @Nullable Path reference) {}

    /** Bytes in a record. */
    static final class Bytes {
        private final byte[] bytes;

        Bytes(byte[] bytes) {
            this.bytes = bytes;
        }

        byte[] get() {
            return bytes.clone();
        }

        /** As a file that holds both. */
        Bytes and(@Nullable Bytes key) {
            if (key == null) {
                return this;
            }
            byte[] both = Arrays.copyOf(bytes, bytes.length + 1 + key.bytes.length);
            both[bytes.length] = '\n';
            System.arraycopy(key.bytes, 0, both, bytes.length + 1, key.bytes.length);
            return new Bytes(both);
        }
    }

    private Manifests(Path file) {
        this.file = file;
    }

    static boolean looksLikeOne(String text) {
        return !text.startsWith("-----BEGIN") && KIND.matcher(text).find();
    }

    /** Reads a manifest; a part that cannot be read costs itself only. */
    static FileContents read(Path file, String text, @Nullable Secret password, boolean firstOnly, int manifests)
            throws FileException {
        Manifests manifest = new Manifests(file);
        try {
            for (Object document : Documents.read(text)) {
                manifest.document(document, 0);
            }
        } catch (DocumentException e) {
            throw new FileException(FindingCode.PARSE_ERROR, file + ": " + e.getMessage());
        }
        if (manifest.parts.isEmpty() && manifest.problems.isEmpty()) {
            throw new FileException(FindingCode.NO_CERTIFICATE_FOUND, file + ": no certificate in this manifest");
        }
        List<FileContents.Chain> chains = new ArrayList<>();
        for (Part part : manifest.parts) {
            try {
                manifest.add(part, password, firstOnly, manifests, chains);
            } catch (FileException e) {
                manifest.problems.add(e.finding());
            }
        }
        return new FileContents("manifest", chains, List.of(), manifest.problems);
    }

    private void add(
            Part part, @Nullable Secret password, boolean firstOnly, int manifests, List<FileContents.Chain> chains)
            throws FileException {
        Path reference = part.reference();
        Bytes bytes = part.bytes();
        FileContents contents = reference != null || bytes == null
                ? CertificateFiles.readNoManifest(reference == null ? file : reference, password, firstOnly)
                : CertificateFiles.parse(
                        Path.of(file + ", " + part.label()), bytes.get(), password, firstOnly, manifests);
        for (FileContents.Chain chain : contents.chains()) {
            String label = chain.label().isEmpty() ? part.label() : part.label() + ", " + chain.label();
            chains.add(new FileContents.Chain(label, chain.certificates(), chain.key()));
        }
        if (!contents.single().isEmpty()) {
            chains.add(new FileContents.Chain(part.label(), contents.single(), null));
        }
        problems.addAll(contents.problems());
    }

    private void document(Object document, int depth) {
        String kind = Documents.text(document, "kind");
        switch (kind) {
            case "Secret" -> {
                entries(document, "data", true);
                entries(document, "stringData", false);
            }
            case "ConfigMap" -> {
                entries(document, "data", false);
                entries(document, "binaryData", true);
            }
            case "Config" -> kubeconfig(document);
            case "List", "SecretList", "ConfigMapList" -> {
                for (Object item : depth < MAX_DEPTH ? Documents.list(document, "items") : List.of()) {
                    document(item, depth + 1);
                }
            }
            default -> {
                // Other objects have no certificates, or as a CertificateSigningRequest none yet.
            }
        }
    }

    /** Of Secrets and ConfigMaps only entries with certificates count; the rest is passwords and settings. */
    private void entries(Object document, String field, boolean encoded) {
        String namespace = Documents.text(document, "metadata", "namespace");
        String name = Documents.text(document, "metadata", "name");
        String owner = Documents.text(document, "kind").toLowerCase(java.util.Locale.ROOT) + " "
                + (namespace.isEmpty() ? name : namespace + "/" + name);
        Map<String, Bytes> values = new HashMap<>();
        List<Map.Entry<String, String>> all = Documents.texts(document, field);
        for (Map.Entry<String, String> entry : all) {
            Bytes value = encoded
                    ? decoded(
                            owner + " " + entry.getKey(),
                            entry.getValue(),
                            entry.getKey().endsWith(".crt"))
                    : new Bytes(entry.getValue().getBytes(StandardCharsets.UTF_8));
            if (value != null) {
                values.put(entry.getKey(), value);
            }
        }
        for (Map.Entry<String, String> entry : all) {
            Bytes value = values.get(entry.getKey());
            if (value != null && holdsCertificates(entry.getKey(), value)) {
                Bytes key = entry.getKey().equals("tls.crt") ? values.get("tls.key") : null;
                part(owner + " " + entry.getKey(), value.and(key), null);
            }
        }
    }

    private static boolean holdsCertificates(String key, Bytes value) {
        byte[] bytes = value.get();
        if (KeyStoreFormat.of(bytes) != null) {
            return true;
        }
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        return BLOCK.matcher(text).results().anyMatch(block -> Pem.holdsCertificates(block.group(1)))
                // Named as Kubernetes names certificates: it must be one, or be reported.
                || key.endsWith(".crt")
                || (key.endsWith(".der") && bytes.length > 1 && bytes[0] == 0x30)
                || isDer(bytes);
    }

    private static boolean isDer(byte[] bytes) {
        if (bytes.length < 100 || bytes[0] != 0x30) {
            return false;
        }
        return Certificates.split(bytes).stream().anyMatch(part -> {
            try {
                Certificates.parse(part);
                return true;
            } catch (CertificateException e) {
                return false;
            }
        });
    }

    private void kubeconfig(Object document) {
        for (Object cluster : Documents.list(document, "clusters")) {
            String label = "cluster " + Documents.text(cluster, "name");
            embedded(
                    label,
                    Documents.at(cluster, "cluster"),
                    "certificate-authority-data",
                    "certificate-authority",
                    null);
        }
        for (Object user : Documents.list(document, "users")) {
            String label = "user " + Documents.text(user, "name");
            embedded(
                    label,
                    Documents.at(user, "user"),
                    "client-certificate-data",
                    "client-certificate",
                    "client-key-data");
        }
    }

    /** As kubectl has it: what is embedded comes before a file, whose path begins at the kubeconfig. */
    private void embedded(
            String label, @Nullable Object owner, String data, String reference, @Nullable String keyData) {
        String encoded = Documents.text(owner, data);
        String path = Documents.text(owner, reference);
        if (!encoded.isEmpty()) {
            Bytes bytes = decoded(label, encoded, true);
            String key = keyData == null ? "" : Documents.text(owner, keyData);
            if (bytes != null) {
                part(label, bytes.and(key.isEmpty() ? null : decoded(label + " key", key, true)), null);
            }
        } else if (!path.isEmpty()) {
            try {
                part(label, null, file.resolveSibling(path));
            } catch (InvalidPathException e) {
                problems.add(
                        Finding.of(FindingCode.PARSE_ERROR, file + ", " + label + ": " + reference + " is no path"));
            }
        }
    }

    /** Names are what the manifest's writer chose, and go into a path for messages. */
    private void part(String label, @Nullable Bytes bytes, @Nullable Path reference) {
        parts.add(new Part(label.replace('\0', '?'), bytes, reference));
    }

    private @Nullable Bytes decoded(String label, String text, boolean must) {
        try {
            return new Bytes(Base64.getDecoder().decode(text.replaceAll("\\s", "")));
        } catch (IllegalArgumentException e) {
            if (must) {
                problems.add(Finding.of(FindingCode.PARSE_ERROR, file + ", " + label + ": not base64"));
            }
            return null;
        }
    }
}
