package dev.pgpool.core.internal.wire;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/** Inputs worth repeating, kept as files under {@code fuzz/frontend} and {@code fuzz/backend}, and mutations of them. */
public final class FuzzCorpus {

    private FuzzCorpus() {}

    /** All inputs of one direction: {@code frontend} or {@code backend}. */
    public static List<byte[]> of(String direction) {
        try {
            Path directory =
                    Path.of(FuzzCorpus.class.getResource("/fuzz/" + direction).toURI());
            try (Stream<Path> files = Files.list(directory)) {
                return files.sorted().map(FuzzCorpus::read).toList();
            }
        } catch (IOException | URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    private static byte[] read(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** One or two inputs joined, with some bytes changed, lost or doubled; now and then plain noise. */
    public static byte[] mutant(List<byte[]> corpus, Random random) {
        if (random.nextInt(16) == 0) {
            byte[] noise = new byte[random.nextInt(64)];
            random.nextBytes(noise);
            return noise;
        }
        byte[] first = corpus.get(random.nextInt(corpus.size()));
        byte[] second = random.nextBoolean() ? new byte[0] : corpus.get(random.nextInt(corpus.size()));
        byte[] joined = new byte[first.length + second.length];
        System.arraycopy(first, 0, joined, 0, first.length);
        System.arraycopy(second, 0, joined, first.length, second.length);
        for (int i = random.nextInt(4); i > 0 && joined.length > 0; i--) {
            int at = random.nextInt(joined.length);
            switch (random.nextInt(3)) {
                case 0 -> joined[at] = (byte) random.nextInt(256);
                case 1 -> joined[at] ^= (byte) (1 << random.nextInt(8));
                default -> {
                    byte[] cut = new byte[joined.length - 1];
                    System.arraycopy(joined, 0, cut, 0, at);
                    System.arraycopy(joined, at + 1, cut, at, cut.length - at);
                    joined = cut;
                }
            }
        }
        return joined;
    }
}
