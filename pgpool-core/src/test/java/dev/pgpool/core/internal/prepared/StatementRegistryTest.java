package dev.pgpool.core.internal.prepared;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.internal.sql.TextForm;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.lang.ref.Reference;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

class StatementRegistryTest {

    /** Nothing else that the text depends on. */
    private static final Object MEANING = "";

    private final StatementRegistry registry = new StatementRegistry();

    private Statement intern(String sql, int... types) {
        ByteBuf body = body(sql, types);
        return registry.intern(body, 2, body.writerIndex(), MEANING, TextForm.STANDARD);
    }

    /** Two bytes of something else in front. */
    private static ByteBuf body(String sql, int... types) {
        ByteBuf body = Unpooled.buffer().writeShort(0xffff);
        body.writeCharSequence(sql, StandardCharsets.UTF_8);
        body.writeByte(0).writeShort(types.length);
        for (int type : types) {
            body.writeInt(type);
        }
        return body;
    }

    @Test
    void sameTextAndTypesAreTheSameStatement() {
        Statement first = intern("SELECT $1", 23);

        assertThat(intern("SELECT $1", 23)).isSameAs(first);
        assertThat(intern("SELECT $1")).isNotSameAs(first);
        assertThat(intern("SELECT $1", 20)).isNotSameAs(first);
        assertThat(intern("select $1", 23)).isNotSameAs(first);
        Reference.reachabilityFence(first);
    }

    /** Breakage 34: equal when text, count and types are simply put together. */
    @Test
    void textThatRunsIntoTheTypesIsAnotherStatement() {
        assertThat(intern("SELECT 1", 1, 23)).isNotSameAs(intern("SELECT 11", 23));
        assertThat(intern("SELECT 11", 23)).isNotSameAs(intern("SELECT 1", 123));
    }

    @Test
    void tenThousandStatementsAreToldApartAndFoundAgain() {
        List<Statement> statements = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (int i = 0; i < 10_000; i++) {
            Statement statement = intern("SELECT " + i);
            statements.add(statement);
            names.add(new String(statement.serverName(), StandardCharsets.US_ASCII));
        }

        assertThat(names).hasSize(10_000);
        assertThat(registry.size()).isEqualTo(10_000);
        for (int i = 0; i < 10_000; i++) {
            assertThat(intern("SELECT " + i)).isSameAs(statements.get(i));
        }
    }

    /** Of a hundred thousand texts two have the same hash of 32 bits, more often than not; nobody can say which. */
    @Test
    void textsWithEqualHashesAreToldApart() {
        Map<Integer, String> texts = new HashMap<>();
        List<Statement> kept = new ArrayList<>();
        String other = null;
        String text = "";
        for (int i = 0; other == null; i++) {
            text = "SELECT " + i;
            Statement statement = intern(text);
            kept.add(statement);
            other = texts.putIfAbsent(statement.contentHash(), text);
        }
        Statement one = intern(text);
        Statement two = intern(other);

        assertThat(one.contentHash()).as("a collision, or this shows nothing").isEqualTo(two.contentHash());
        assertThat(one).isNotSameAs(two).isSameAs(kept.get(kept.size() - 1));
        assertThat(kept).contains(two);
    }

    @Test
    void statementsThatNobodyKnowsGoAway() {
        Statement kept = intern("SELECT kept");
        for (int i = 0; i < 1_000; i++) {
            intern("SELECT " + i);
        }

        Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> {
            System.gc();
            return registry.size() == 1;
        });

        assertThat(intern("SELECT kept")).isSameAs(kept);
    }

    @Test
    void severalThreadsGetTheSame() {
        List<CompletableFuture<Set<Statement>>> asked = new ArrayList<>();
        for (int thread = 0; thread < 4; thread++) {
            asked.add(CompletableFuture.supplyAsync(() -> {
                Set<Statement> got = new HashSet<>();
                for (int i = 0; i < 5_000; i++) {
                    got.add(intern("SELECT " + i % 500));
                }
                return got;
            }));
        }
        Set<Statement> first = asked.get(0).join();

        assertThat(first).hasSize(500);
        asked.forEach(got -> assertThat(got.join()).isEqualTo(first));
    }
}
