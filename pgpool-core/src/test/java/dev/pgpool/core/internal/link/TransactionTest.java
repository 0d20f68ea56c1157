package dev.pgpool.core.internal.link;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.internal.params.ParameterRegistry;
import dev.pgpool.core.internal.params.SessionParameters;
import dev.pgpool.core.internal.prepared.StatementRegistry;
import dev.pgpool.core.internal.wire.TransactionStatus;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What the server's last ReadyForQuery says, and what the end of a transaction changes. */
class TransactionTest {

    private final ParameterRegistry parameters = new ParameterRegistry();
    private final StatementRegistry registry = new StatementRegistry();
    private final SessionParameters before = parameters.of(Map.of("a", "1"));
    private final SessionParameters after = parameters.of(Map.of("a", "2"));
    private final Transaction transaction = new Transaction(before);

    @ParameterizedTest
    @EnumSource
    void statusIsThatOfTheLastReadyForQuery(TransactionStatus status) {
        transaction.onReadyForQuery(status);

        assertThat(transaction.status()).isEqualTo(status);
        assertThat(transaction.isIdle()).isEqualTo(status == TransactionStatus.IDLE);
        assertThat(transaction.isFailed()).isEqualTo(status == TransactionStatus.FAILED);
    }

    @ParameterizedTest
    @EnumSource
    void parametersMayReturnOnlyInsideOfATransaction(TransactionStatus status) {
        transaction.onReadyForQuery(status);

        assertThat(transaction.hasChanged(before)).isFalse();
        assertThat(transaction.hasChanged(after)).isEqualTo(status != TransactionStatus.IDLE);
    }

    @Test
    void whatATransactionLeavesIsWhatTheNextOneReturnsTo() {
        transaction.onEnd(after, registry);
        transaction.onReadyForQuery(TransactionStatus.IN_TRANSACTION);

        assertThat(transaction.hasChanged(after)).isFalse();
        assertThat(transaction.hasChanged(before)).isTrue();
    }

    @Test
    void clockOfStatementsAdvancesOnlyIfTheEndIsAwaited() {
        long clock = registry.clock();
        transaction.onEnd(before, registry);
        assertThat(registry.clock()).as("no name was given").isEqualTo(clock);
        Object awaited = transaction.end();
        assertThat(transaction.end()).isSameAs(awaited);

        transaction.onEnd(before, registry);

        assertThat(registry.clock()).isEqualTo(clock + 1);
        assertThat(transaction.end()).as("of the next transaction").isNotSameAs(awaited);
    }

    @Test
    void anotherClientBeginsIdleAndTheCountGoesOn() {
        transaction.onEnd(before, registry);
        transaction.onReadyForQuery(TransactionStatus.FAILED);
        Object awaited = transaction.end();

        transaction.begin(after);

        assertThat(transaction.isIdle()).isTrue();
        assertThat(transaction.ended()).isEqualTo(1);
        assertThat(transaction.end()).isNotSameAs(awaited);
        transaction.onReadyForQuery(TransactionStatus.IN_TRANSACTION);
        assertThat(transaction.hasChanged(after)).isFalse();
    }
}
