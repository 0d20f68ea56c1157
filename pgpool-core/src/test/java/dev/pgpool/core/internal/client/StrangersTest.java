package dev.pgpool.core.internal.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Who has to go when there are too many connections. */
class StrangersTest {
    private final Strangers<String> strangers = new Strangers<>();

    private static SocketAddress from(String address) {
        try {
            return new InetSocketAddress(InetAddress.getByName(address), 5_000 + address.length());
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(e);
        }
    }

    @Test
    void theOldestOfTheAddressThatHasMostGoes() {
        strangers.add("honest", from("10.0.0.1"));
        for (int i = 0; i < 5; i++) {
            strangers.add("hostile " + i, from("10.6.6.6"));
        }
        assertThat(strangers.mostExpendable()).isEqualTo("hostile 0");
        assertThat(strangers.mostExpendable()).isEqualTo("hostile 1");
        strangers.remove("hostile 2");
        assertThat(strangers.mostExpendable()).isEqualTo("hostile 3");
    }

    @Test
    void networksOfVersionSixCountAsOne() {
        strangers.add("honest 1", from("2001:db8:1::1"));
        strangers.add("honest 2", from("2001:db8:1::2"));
        for (int i = 0; i < 3; i++) {
            strangers.add("hostile " + i, from("2001:db8:2::" + i));
        }
        assertThat(strangers.mostExpendable()).isEqualTo("hostile 0");
    }

    @Test
    void unixSocketsAreOneOrigin() {
        strangers.add("tcp", from("127.0.0.1"));
        strangers.add("one", UnixDomainSocketAddress.of("/a"));
        strangers.add("two", UnixDomainSocketAddress.of("/b"));
        assertThat(strangers.mostExpendable()).isEqualTo("one");
    }

    @Test
    void whoIsGoneIsForgotten() {
        Random random = new Random(3);
        List<String> present = new ArrayList<>();
        for (int i = 0; i < 10_000; i++) {
            if (random.nextInt(3) > 0 || present.isEmpty()) {
                present.add("client " + i);
                strangers.add("client " + i, from("10.0.0." + random.nextInt(5)));
            } else if (random.nextBoolean()) {
                String gone = present.remove(random.nextInt(present.size()));
                strangers.remove(gone);
                strangers.remove(gone);
            } else {
                assertThat(present.remove(strangers.mostExpendable())).isTrue();
            }
        }
        present.forEach(strangers::remove);
        assertThat(strangers.mostExpendable()).isNull();
    }
}
