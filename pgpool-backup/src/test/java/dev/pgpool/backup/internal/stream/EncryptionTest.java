package dev.pgpool.backup.internal.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class EncryptionTest {

    private static final byte[] KEY = key(1);
    private static final int CHUNK = ChunkCipher.CHUNK + ChunkCipher.TAG;

    @Test
    void everyLengthComesBack() throws IOException {
        for (int length : new int[] {0, 1, 100, 65_535, 65_536, 65_537, 131_072, 200_000}) {
            byte[] plain = random(length);
            assertThat(open(seal(plain), KEY)).as("length %d", length).isEqualTo(plain);
        }
    }

    @Test
    void theSameBytesAreSealedDifferentlyEachTime() throws IOException {
        byte[] plain = random(1000);
        assertThat(seal(plain)).isNotEqualTo(seal(plain));
    }

    @Test
    void anotherKeyOpensNothing() throws IOException {
        byte[] sealed = seal(random(1000));
        assertThatThrownBy(() -> open(sealed, key(2))).isInstanceOf(IOException.class);
        assertThat(ChunkCipher.keyCheck(KEY))
                .isNotEqualTo(ChunkCipher.keyCheck(key(2)))
                .hasSize(16);
    }

    @Test
    void everyFlippedByteIsFound() throws IOException {
        byte[] sealed = seal(random(500));
        for (int i = 0; i < sealed.length; i++) {
            byte[] damaged = sealed.clone();
            damaged[i] ^= 1;
            assertThatThrownBy(() -> open(damaged, KEY)).as("byte %d", i).isInstanceOf(IOException.class);
        }
    }

    @Test
    void everyWayToCutItOffIsFound() throws IOException {
        byte[] sealed = seal(random(3 * ChunkCipher.CHUNK));
        for (int length : new int[] {
            0,
            10,
            ChunkCipher.HEADER,
            ChunkCipher.HEADER + CHUNK,
            ChunkCipher.HEADER + 2 * CHUNK,
            ChunkCipher.HEADER + 3 * CHUNK,
            sealed.length - 1
        }) {
            assertThatThrownBy(() -> open(Arrays.copyOf(sealed, length), KEY))
                    .as("%d of %d bytes", length, sealed.length)
                    .isInstanceOf(IOException.class);
        }
    }

    @Test
    void swappedAndAddedChunksAreFound() throws IOException {
        byte[] sealed = seal(random(3 * ChunkCipher.CHUNK));
        byte[] swapped = sealed.clone();
        System.arraycopy(sealed, ChunkCipher.HEADER, swapped, ChunkCipher.HEADER + CHUNK, CHUNK);
        System.arraycopy(sealed, ChunkCipher.HEADER + CHUNK, swapped, ChunkCipher.HEADER, CHUNK);
        assertThatThrownBy(() -> open(swapped, KEY)).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> open(Arrays.copyOf(sealed, sealed.length + 1), KEY))
                .isInstanceOf(IOException.class);
    }

    @Test
    void aSourceThatFailsMakesNoLastChunk() {
        InputStream failing = new InputStream() {
            private int left = 70_000;

            @Override
            public int read() throws IOException {
                if (left == 0) {
                    throw new IOException("source failed");
                }
                left--;
                return 7;
            }
        };
        byte[] salt = new byte[ChunkCipher.SALT];
        try (InputStream sealed = new EncryptingInputStream(failing, ChunkCipher.create(KEY, salt))) {
            assertThatThrownBy(sealed::readAllBytes).hasMessage("source failed");
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static byte[] seal(byte[] plain) throws IOException {
        byte[] salt = new byte[ChunkCipher.SALT];
        new SecureRandom().nextBytes(salt);
        try (InputStream in =
                new EncryptingInputStream(new ByteArrayInputStream(plain), ChunkCipher.create(KEY, salt))) {
            return in.readAllBytes();
        }
    }

    private static byte[] open(byte[] sealed, byte[] key) throws IOException {
        try (InputStream in = new DecryptingInputStream(new ByteArrayInputStream(sealed), key)) {
            return in.readAllBytes();
        }
    }

    private static byte[] random(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    private static byte[] key(int seed) {
        byte[] key = new byte[32];
        new Random(seed).nextBytes(key);
        return key;
    }
}
