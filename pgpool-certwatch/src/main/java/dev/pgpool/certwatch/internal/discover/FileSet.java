package dev.pgpool.certwatch.internal.discover;

import dev.pgpool.certwatch.finding.Finding;
import dev.pgpool.certwatch.finding.FindingCode;
import dev.pgpool.certwatch.target.CertTarget;
import dev.pgpool.certwatch.target.CertificateFile;
import dev.pgpool.certwatch.target.TargetSet;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The certificate files of a directory or pattern. A file that was a member stays one as long as it exists, whatever becomes of
 * its contents: a certificate that was emptied by a renewal gone wrong must alarm and not vanish.
 */
final class FileSet {

    /** A watch is no file indexer. */
    static final int MAX_MEMBERS = 10_000;

    private Map<Path, Seen> seen = Map.of();

    /** What a file was like when it was read last. */
    private record Seen(
            long size, FileTime modified, @Nullable Object key, boolean member) {}

    SetMembers read(TargetSet set) {
        FilePattern.Matches matches;
        try {
            matches = FilePattern.expand(set.pattern(), set.recursive());
        } catch (NoSuchFileException e) {
            matches = new FilePattern.Matches(List.of(), false);
        } catch (AccessDeniedException e) {
            return SetMembers.unknown(Finding.of(
                    FindingCode.PERMISSION_DENIED,
                    e.getFile() + ": may not be read by user " + System.getProperty("user.name")));
        } catch (IOException e) {
            return SetMembers.unknown(Finding.of(FindingCode.FILE_READ_FAILED, set.pattern() + ": " + e.getMessage()));
        }
        List<Finding> findings = new ArrayList<>();
        List<CertTarget> members = new ArrayList<>();
        Map<Path, Seen> now = new HashMap<>();
        boolean tooMany = matches.cut();
        for (Path file : matches.files()) {
            Seen before = seen.get(file);
            Seen fresh = inspect(file, before);
            now.put(file, fresh);
            if (fresh.member()) {
                if (members.size() < MAX_MEMBERS) {
                    members.add(new CertificateFile(
                            "file:" + file, file, set.password(), null, CertificateFile.Leaves.EACH, set.policy()));
                } else {
                    tooMany = true;
                }
            }
        }
        seen = now;
        if (members.isEmpty()) {
            findings.add(Finding.of(
                    FindingCode.NO_MATCH,
                    set.pattern() + ": no certificate file, of "
                            + matches.files().size() + " files there (expected: at least one)"));
        }
        if (tooMany) {
            findings.add(Finding.of(
                    FindingCode.TOO_MANY_TARGETS,
                    set.pattern() + ": more than " + MAX_MEMBERS + " certificate files or very many others, of which "
                            + members.size() + " are watched (expected: a narrower pattern)"));
        }
        return new SetMembers(members, findings);
    }

    private static Seen inspect(Path file, @Nullable Seen before) {
        boolean was = before != null && before.member();
        try {
            BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
            if (before != null
                    && before.size() == attributes.size()
                    && before.modified().equals(attributes.lastModifiedTime())
                    && java.util.Objects.equals(before.key(), attributes.fileKey())) {
                return before;
            }
            return new Seen(
                    attributes.size(),
                    attributes.lastModifiedTime(),
                    attributes.fileKey(),
                    was || CertificateFileDetection.isCertificate(file));
        } catch (IOException e) {
            // A link that points nowhere, or a file that may not be read: its name must tell.
            boolean exists = Files.exists(file, LinkOption.NOFOLLOW_LINKS);
            return new Seen(
                    -1,
                    FileTime.fromMillis(0),
                    null,
                    exists && (was || CertificateFileDetection.isNamedLikeCertificate(file)));
        }
    }
}
