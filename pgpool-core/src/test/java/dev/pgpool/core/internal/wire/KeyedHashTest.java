package dev.pgpool.core.internal.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Names that a client has chosen on purpose do not fall into the same place. */
class KeyedHashTest {
    private static final int NAMES = 20_000;

    /** Names of one hash, for any hash of the kind {@code 31 * hash + byte}: String's, say. */
    private static List<byte[]> collidingByThirtyOne() {
        List<byte[]> names = new ArrayList<>();
        for (int i = 0; i < NAMES; i++) {
            byte[] name = new byte[30];
            for (int bit = 0; bit < 15; bit++) {
                boolean one = (i >> bit & 1) == 1;
                name[2 * bit] = (byte) (one ? 'A' : 'B');
                name[2 * bit + 1] = (byte) (one ? 'a' : 'B');
            }
            names.add(name);
        }
        return names;
    }

    /** Names of one hash where eight bytes are multiplied by a known number and folded. */
    private static List<byte[]> collidingByAKnownMultiplier() {
        long inverse = 1;
        long multiplier = 0x9E3779B97F4A7C15L;
        for (int i = 0; i < 6; i++) {
            inverse *= 2 - multiplier * inverse;
        }
        List<byte[]> names = new ArrayList<>();
        for (long high = 1; names.size() < NAMES; high++) {
            long product = high << 32 | ((0x1234567L ^ high) & 0xffffffffL);
            byte[] name = ByteBuffer.allocate(8).putLong(product * inverse ^ 1).array();
            boolean isName = true;
            for (byte b : name) {
                isName &= b != 0;
            }
            if (isName) {
                names.add(name);
            }
        }
        return names;
    }

    @Test
    void craftedNamesAreSpreadLikeAnyOthers() {
        List<List<byte[]>> attacks = List.of(collidingByThirtyOne(), collidingByAKnownMultiplier());
        for (List<byte[]> names : attacks) {
            int[] slots = new int[1 << 15];
            int fullest = 0;
            for (byte[] name : names) {
                int slot = MessageReader.hash(name) & slots.length - 1;
                fullest = Math.max(fullest, ++slots[slot]);
            }
            assertThat(fullest).as("names in the fullest of 32,768 places").isLessThan(16);
        }
    }

    @Test
    void craftedValuesOfParametersAreSpreadToo() {
        int[] slots = new int[1 << 15];
        int fullest = 0;
        for (byte[] name : collidingByThirtyOne()) {
            String value = new String(name, StandardCharsets.US_ASCII);
            int hash = KeyedHash.of(new String[] {"application_name"}, new String[] {value});
            fullest = Math.max(fullest, ++slots[hash & slots.length - 1]);
        }
        assertThat(fullest).isLessThan(16);
    }

    @Test
    void regionsAndArraysAgreeWhereverTheyStand() {
        Random random = new Random(5);
        for (int length = 0; length < 70; length++) {
            byte[] bytes = new byte[length];
            random.nextBytes(bytes);
            ByteBuf buf =
                    Unpooled.buffer().writeZero(length % 9).writeBytes(bytes).writeByte(7);
            int at = length % 9;
            assertThat(KeyedHash.of(buf, at, at + length)).isEqualTo(MessageReader.hash(bytes));
            buf.release();
        }
    }

    @Test
    void textsAreNotCutInOtherPlaces() {
        String[] none = {};
        assertThat(KeyedHash.of(new String[] {"ab", "c"}, none))
                .isNotEqualTo(KeyedHash.of(new String[] {"a", "bc"}, none))
                .isNotEqualTo(KeyedHash.of(new String[] {"abc"}, none))
                .isEqualTo(KeyedHash.of(new String[] {"ab"}, new String[] {"c"}));
        assertThat(KeyedHash.of(new String[] {"a"}, none)).isNotEqualTo(KeyedHash.of(new String[] {"a", ""}, none));
    }

    @Test
    void anotherKeyIsAnotherHash() {
        ByteBuf name = Unpooled.copiedBuffer("S_1", StandardCharsets.US_ASCII);
        assertThat(KeyedHash.sipHash13(name, 0, 3, 1, 2)).isNotEqualTo(KeyedHash.sipHash13(name, 0, 3, 1, 3));
        name.release();
    }

    /** The vectors of SipHash-1-3 in the reference implementation: key 00 01 .. 0f, input 00 01 .. */
    @Test
    void isTheHashThatItSaysItIs() {
        long k0 = 0x0706050403020100L;
        long k1 = 0x0f0e0d0c0b0a0908L;
        ByteBuf input = Unpooled.buffer();
        long[] expected = {0xabac0158050fc4dcL, 0xc9f49bf37d57ca93L, 0x82cb9b024dc7d44dL, 0x8bf80ab8e7ddf7fbL};
        for (int length = 0; length < expected.length; length++) {
            assertThat(KeyedHash.sipHash13(input, 0, length, k0, k1)).isEqualTo(expected[length]);
            input.writeByte(length);
        }
        input.release();
    }
}
