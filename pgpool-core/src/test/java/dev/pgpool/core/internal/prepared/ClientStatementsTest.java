package dev.pgpool.core.internal.prepared;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.internal.prepared.ClientStatements.Named;
import dev.pgpool.core.internal.sql.TextForm;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ClientStatementsTest {

    private final ClientStatements statements = new ClientStatements();
    private final StatementRegistry registry = new StatementRegistry();
    private final Statement statement = registry.intern(bytes("SELECT 1"), 0, 8, "", TextForm.STANDARD);

    private static ByteBuf bytes(String text) {
        return Unpooled.copiedBuffer(text, StandardCharsets.UTF_8);
    }

    private Named find(String name) {
        ByteBuf buf = bytes("--" + name + "--");
        return statements.find(buf, 2, buf.writerIndex() - 2);
    }

    private Named add(String name) {
        ByteBuf buf = bytes(name);
        return statements.add(buf, 0, buf.writerIndex(), statement, 1);
    }

    /** Names are few, so that chains, growth and removal inside chains all happen. */
    @Test
    void behavesLikeAMap() {
        Random random = new Random(1);
        Map<String, Named> model = new HashMap<>();
        for (int i = 0; i < 100_000; i++) {
            String name = "n" + random.nextInt(60);
            Named known = model.get(name);
            assertThat(find(name)).isSameAs(known);
            if (known == null) {
                model.put(name, add(name));
            } else if (random.nextBoolean()) {
                statements.remove(known);
                model.remove(name);
            } else if (random.nextInt(4_000) == 0) {
                statements.removeIf(named -> true);
                model.clear();
            }
            assertThat(statements.size()).isEqualTo(model.size());
        }
    }

    @Test
    void namesWithEqualHashesAreToldApart() {
        Named one = add("Aa");
        Named two = add("BB");

        assertThat(find("Aa")).isSameAs(one);
        assertThat(find("BB")).isSameAs(two);
        statements.remove(one);
        assertThat(find("Aa")).isNull();
        assertThat(find("BB")).isSameAs(two);
    }

    @Test
    void restoredNameYieldsToANewerOne() {
        Named old = add("s");
        statements.remove(old);
        statements.restore(old);
        assertThat(find("s")).isSameAs(old);

        statements.remove(old);
        Named newer = add("s");
        statements.restore(old);

        assertThat(find("s")).isSameAs(newer);
        assertThat(statements.size()).isEqualTo(1);
    }

    @Test
    void removingOneThatIsNotThereDoesNothing() {
        Named old = add("s");
        statements.remove(old);
        Named newer = add("s");

        statements.remove(old);

        assertThat(find("s")).isSameAs(newer);
    }
}
