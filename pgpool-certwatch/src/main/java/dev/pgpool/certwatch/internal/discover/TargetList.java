package dev.pgpool.certwatch.internal.discover;

import dev.pgpool.certwatch.finding.Finding;
import dev.pgpool.certwatch.finding.FindingCode;
import dev.pgpool.certwatch.finding.Severity;
import dev.pgpool.certwatch.internal.document.DocumentException;
import dev.pgpool.certwatch.internal.document.Documents;
import dev.pgpool.certwatch.target.CertTarget;
import dev.pgpool.certwatch.target.TargetPolicy;
import dev.pgpool.certwatch.target.TargetSet;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The targets of a file: one URL on each line, or Prometheus' {@code file_sd}. A file that cannot be read, or is cut in the middle so
 * that it cannot be understood, leaves the former targets; so does an empty one, which is what a file looks like while it is
 * being written. An entry that is wrong costs itself only.
 */
final class TargetList {

    static final int MAX_TARGETS = 100_000;
    private static final int MAX_BYTES = 32 << 20;
    private static final int SHOWN_PROBLEMS = 5;

    /** Targets by what was written of them: what has not changed is the same target, with what it has read already. */
    private Map<String, Known> known = Map.of();

    /** A target that was read, and what is wrong about it all the same. */
    private record Known(CertTarget target, List<String> problems) {}

    private final List<String> problems = new ArrayList<>();

    /**
     * One entry.
     *
     * @param where line or group, for messages
     * @param url what names the target
     * @param labels from the group
     */
    record Entry(String where, String url, Map<String, String> labels) {}

    SetMembers read(TargetSet set) {
        Path file = Path.of(set.pattern());
        problems.clear();
        List<Entry> entries;
        try {
            String text = text(file);
            if (text.isBlank()) {
                return SetMembers.unknown(Finding.of(
                        FindingCode.NO_MATCH, file + ": the file is empty (expected: targets, or [] for none)"));
            }
            entries = isDocument(file, text) ? FileSd.entries(Documents.read(text), problems) : UrlLines.entries(text);
        } catch (NoSuchFileException e) {
            return SetMembers.unknown(Finding.of(FindingCode.FILE_NOT_FOUND, file + ": no such file"));
        } catch (AccessDeniedException e) {
            return SetMembers.unknown(Finding.of(
                    FindingCode.PERMISSION_DENIED,
                    file + ": may not be read by user " + System.getProperty("user.name")));
        } catch (CharacterCodingException e) {
            return SetMembers.unknown(Finding.of(FindingCode.PARSE_ERROR, file + ": not UTF-8 (expected: text)"));
        } catch (IOException e) {
            return SetMembers.unknown(Finding.of(FindingCode.FILE_READ_FAILED, file + ": " + e.getMessage()));
        } catch (DocumentException e) {
            return SetMembers.unknown(Finding.of(
                    FindingCode.PARSE_ERROR, file + ": " + e.getMessage() + "; the targets of before are watched"));
        }
        return members(set, file, entries);
    }

    private static boolean isDocument(Path file, String text) {
        String name = String.valueOf(file.getFileName());
        String start = text.stripLeading();
        return name.endsWith(".yml")
                || name.endsWith(".yaml")
                || Documents.looksLikeJson(text)
                || start.startsWith("- ")
                || start.startsWith("---");
    }

    private static String text(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(MAX_BYTES + 1);
            if (bytes.length > MAX_BYTES) {
                throw new IOException("more than " + MAX_BYTES + " bytes (expected: a list of targets)");
            }
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(java.nio.ByteBuffer.wrap(bytes))
                    .toString();
            return text.startsWith("\uFEFF") ? text.substring(1) : text;
        }
    }

    private SetMembers members(TargetSet set, Path file, List<Entry> entries) {
        Map<String, Known> fresh = new HashMap<>();
        Map<String, CertTarget> byName = new LinkedHashMap<>();
        boolean tooMany = false;
        for (Entry entry : entries) {
            if (byName.size() >= MAX_TARGETS) {
                tooMany = true;
                break;
            }
            String key = set.policy().hashCode() + " " + entry.labels() + " " + entry.url();
            Known former = known.getOrDefault(key, fresh.get(key));
            Known read = former == null ? parse(set, entry) : former;
            if (read != null) {
                fresh.put(key, read);
                problems.addAll(read.problems());
                CertTarget target = read.target();
                if (byName.putIfAbsent(target.name(), target) != null) {
                    problems.add(entry.where() + ": \"" + target.name()
                            + "\" is listed already (expected: different names, which name=... gives)");
                }
            }
        }
        known = fresh;
        List<Finding> findings = new ArrayList<>();
        if (!problems.isEmpty()) {
            findings.add(Finding.of(FindingCode.TARGETS_INVALID, file + ": " + summary()));
        }
        if (byName.isEmpty()) {
            findings.add(Finding.of(FindingCode.NO_MATCH, file + ": no target in it")
                    .withSeverity(problems.isEmpty() ? Severity.WARNING : Severity.CRITICAL));
        }
        if (tooMany) {
            findings.add(Finding.of(
                    FindingCode.TOO_MANY_TARGETS,
                    file + ": more than " + MAX_TARGETS + " targets, the first are watched"));
        }
        return new SetMembers(List.copyOf(byName.values()), findings);
    }

    private @Nullable Known parse(TargetSet set, Entry entry) {
        try {
            CertTarget target = CertTarget.parse(entry.url());
            if (target instanceof TargetSet inner && inner.kind() == TargetSet.Kind.LIST) {
                throw new IllegalArgumentException(
                        "a list within a list (expected: targets, directories and patterns)");
            }
            List<String> about = new ArrayList<>();
            TargetPolicy policy = merged(target.policy(), entry, set.policy(), about);
            return new Known(target.withPolicy(policy), about);
        } catch (IllegalArgumentException e) {
            problems.add(entry.where() + ": " + e.getMessage());
            return null;
        }
    }

    /** What a target says of itself comes first, then its group, then the list. */
    private static TargetPolicy merged(TargetPolicy own, Entry entry, TargetPolicy list, List<String> about) {
        TargetPolicy merged = own;
        for (Map<String, String> labels : List.of(entry.labels(), list.labels())) {
            for (Map.Entry<String, String> label : labels.entrySet()) {
                if (!merged.labels().containsKey(label.getKey())) {
                    try {
                        merged = merged.withLabel(label.getKey(), label.getValue());
                    } catch (IllegalArgumentException e) {
                        about.add(entry.where() + ": " + e.getMessage() + ", left out");
                    }
                }
            }
        }
        for (var mute : list.mutes()) {
            merged = merged.withMute(mute);
        }
        merged = merged.thresholds() == null ? merged.withThresholds(list.thresholds()) : merged;
        return merged.interval() == null ? merged.withInterval(list.interval()) : merged;
    }

    private String summary() {
        List<String> distinct = problems.stream().distinct().toList();
        String shown = String.join("; ", distinct.stream().limit(SHOWN_PROBLEMS).toList());
        return distinct.size() <= SHOWN_PROBLEMS
                ? shown
                : shown + "; and " + (distinct.size() - SHOWN_PROBLEMS) + " more";
    }
}
