package dev.pgpool.certwatch.internal.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.HexFormat;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The test vectors of RFC 7914, section 12, and what a file may not ask for. */
class ScryptTest {

    @ParameterizedTest
    @CsvSource({
        "password, NaCl, 1024, 8, 16, fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162"
                + "2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640",
        "pleaseletmein, SodiumChloride, 16384, 8, 1, 7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"
                + "d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887"
    })
    void keysAreThoseOfTheStandard(
            String password, String salt, long cost, long blockSize, long parallel, String expected) throws Exception {
        byte[] derived = Scrypt.derive(
                password.toCharArray(), salt.getBytes(StandardCharsets.US_ASCII), cost, blockSize, parallel, 64);
        assertThat(HexFormat.of().formatHex(derived)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({
        "1048576, 8, 1",
        "65537, 8, 1",
        "1, 8, 1",
        "0, 8, 1",
        "-2, 8, 1",
        "1024, 0, 1",
        "1024, 8, 0",
        "1024, 8, 17",
        "1099511627776, 8, 1",
        "2, 1099511627776, 1",
        "1073741824, 1073741824, 1",
        "2, 131072, 16",
        "2, 8, 1099511627776"
    })
    void whatWouldTakeAllMemoryOrTimeIsRefused(long cost, long blockSize, long parallel) {
        assertThatThrownBy(() -> Scrypt.derive("x".toCharArray(), new byte[8], cost, blockSize, parallel, 32))
                .isInstanceOf(GeneralSecurityException.class)
                .hasMessageContaining("scrypt with N=" + cost);
    }
}
