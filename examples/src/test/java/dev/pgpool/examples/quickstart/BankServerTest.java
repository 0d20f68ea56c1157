package dev.pgpool.examples.quickstart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BankServerTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "postgresql://app:s%40cret@db.example:5433/shop",
                "jdbc:postgresql://app:s%40cret@db.example:5433/shop",
                "jdbc:postgresql://db.example:5433/shop?user=app&password=s%40cret",
            })
    void bothFormsOfUrlGiveTheSameServer(String url) {
        assertThat(BankServer.at(url)).isEqualTo(new BankServer("db.example", 5433, "shop", "app", "s@cret", null));
    }

    @Test
    void portAndPasswordMayBeMissing() {
        assertThat(BankServer.at("postgresql://app@db.example/shop"))
                .isEqualTo(new BankServer("db.example", 5432, "shop", "app", null, null));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "postgresql://db.example/shop",
                "mysql://app:hidden@db.example/shop",
                "app:hid den@",
                "hidden",
                ""
            })
    void anythingElseIsRefusedWithoutQuotingIt(String url) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> BankServer.at(url))
                .withMessageContaining("postgresql://user:password@host:port/database")
                .withMessageNotContaining("hid");
    }
}
