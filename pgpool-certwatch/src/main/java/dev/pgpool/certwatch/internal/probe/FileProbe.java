package dev.pgpool.certwatch.internal.probe;

import dev.pgpool.certwatch.finding.Finding;
import dev.pgpool.certwatch.finding.FindingCode;
import dev.pgpool.certwatch.internal.file.CertificateFiles;
import dev.pgpool.certwatch.internal.file.FileContents;
import dev.pgpool.certwatch.internal.file.FileException;
import dev.pgpool.certwatch.internal.file.KeyPairCheck;
import dev.pgpool.certwatch.internal.file.TrustStores;
import dev.pgpool.certwatch.internal.probe.ServedChain.Kind;
import dev.pgpool.certwatch.target.CertificateFile;
import dev.pgpool.certwatch.target.TrustStoreTarget;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Probes files and trust stores. Blocks. */
final class FileProbe {

    private FileProbe() {}

    static ProbeResult probe(CertificateFile target) {
        long started = System.nanoTime();
        try {
            boolean firstOnly = target.leaves() == CertificateFile.Leaves.FIRST;
            FileContents contents = CertificateFiles.read(target.path(), target.password(), firstOnly);
            List<ServedChain> chains = new ArrayList<>();
            List<Finding> findings = new ArrayList<>(contents.problems());
            boolean keyStore =
                    !contents.form().equals("PEM") && !contents.form().equals("DER");
            for (FileContents.Chain chain : contents.chains()) {
                X509Certificate first = chain.certificates().get(0);
                Kind kind = first.getBasicConstraints() < 0 || (firstOnly && !keyStore) ? Kind.FILE : Kind.BUNDLE;
                chains.add(new ServedChain(where(target, chain), chain.certificates(), null, kind));
                if (chain.key() != null && !KeyPairCheck.belong(chain.key(), first.getPublicKey())) {
                    findings.add(mismatch(where(target, chain)));
                }
            }
            if (!contents.single().isEmpty()) {
                chains.add(new ServedChain(target.path().toString(), contents.single(), null, Kind.BUNDLE));
            }
            checkKey(target, chains, findings);
            return ProbeResult.local(chains, findings, since(started));
        } catch (FileException e) {
            return ProbeResult.failed(e.finding(), since(started));
        }
    }

    private static String where(CertificateFile target, FileContents.Chain chain) {
        return chain.label().isEmpty() ? target.path().toString() : target.path() + ", " + chain.label();
    }

    /** The key is that of one of the leaves. */
    private static void checkKey(CertificateFile target, List<ServedChain> chains, List<Finding> findings) {
        Path keyFile = target.keyFile();
        if (keyFile == null) {
            return;
        }
        try {
            boolean belongs = false;
            for (ServedChain chain : chains) {
                belongs |= CertificateFiles.keyBelongs(
                        keyFile, target.password(), chain.certificates().get(0));
            }
            if (!belongs) {
                findings.add(mismatch(keyFile.toString()));
            }
        } catch (FileException e) {
            findings.add(e.finding());
        }
    }

    private static Finding mismatch(String where) {
        return Finding.of(FindingCode.KEY_MISMATCH, where + ": the private key does not belong to the leaf");
    }

    static ProbeResult probe(TrustStoreTarget target) {
        long started = System.nanoTime();
        try {
            List<X509Certificate> anchors = TrustStores.read(target.source());
            if (anchors.isEmpty()) {
                return ProbeResult.failed(
                        Finding.of(FindingCode.NO_CERTIFICATE_FOUND, target.source() + ": the trust store is empty"),
                        since(started));
            }
            return ProbeResult.local(
                    List.of(new ServedChain(target.name(), anchors, null, Kind.TRUST_STORE)),
                    List.of(),
                    since(started));
        } catch (FileException e) {
            return ProbeResult.failed(e.finding(), since(started));
        }
    }

    /** The first certificate of the file that a server is meant to serve. */
    static @Nullable X509Certificate leafOf(Path file) throws FileException {
        FileContents contents = CertificateFiles.read(file, null);
        List<X509Certificate> all = contents.all();
        return all.isEmpty() ? null : all.get(0);
    }

    private static Duration since(long started) {
        return Duration.ofNanos(System.nanoTime() - started);
    }
}
