package dev.pgpool.core.internal.server;

import dev.pgpool.core.config.TargetSessionAttributes;
import dev.pgpool.core.internal.wire.ErrorFields;
import dev.pgpool.core.internal.wire.PoolerError;
import dev.pgpool.core.internal.wire.TransactionStatus;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What lies between login and first use: the server must be of the wanted kind, and runs the connect query.
 *
 * <pre>
 *   logged in ──> [question about its kind] ──> [connect query] ──> prepared
 *                        │ wrong kind               │ closed, or in a transaction
 *                        └──────────> unfit <───────┘
 * </pre>
 */
final class ServerPreparation {
    /** How it ends; exactly one of the two is called, once. */
    interface Outcome {
        void onPrepared();

        /** @param why without the server's name, or the server's own words */
        void onUnfit(ErrorFields why);
    }

    private static final Logger LOGGER = LoggerFactory.getLogger(ServerPreparation.class);

    private final ServerConnection server;
    private final ServerSetup setup;
    private final Outcome outcome;

    ServerPreparation(ServerConnection server, Outcome outcome) {
        this.server = server;
        this.setup = server.target().setup();
        this.outcome = outcome;
    }

    /** To be called while the server's messages are walked, right after its first ReadyForQuery. */
    void begin() {
        TargetSessionAttributes wanted = setup.attributes();
        if (!ServerRole.matters(wanted)) {
            runConnectQuery();
        } else if (ServerRole.isKnown(server)) {
            judge(ServerRole.objection(wanted, server));
        } else {
            query(ServerRole.question(wanted), result -> {
                ErrorFields error = result.error();
                if (error != null) {
                    outcome.onUnfit(error);
                } else {
                    judge(ServerRole.objection(wanted, result.value()));
                }
            });
        }
    }

    private void judge(@Nullable String objection) {
        if (objection == null) {
            runConnectQuery();
        } else {
            outcome.onUnfit(ServerConnector.cannotConnect(
                    server.target(),
                    objection + " (targetSessionAttributes: "
                            + setup.attributes().label() + ")"));
        }
    }

    private void runConnectQuery() {
        if (setup.connectQuery().isEmpty()) {
            outcome.onPrepared();
            return;
        }
        query(setup.connectQuery().get(), result -> {
            ErrorFields error = result.error();
            if (error != null) {
                LOGGER.atWarn()
                        .addKeyValue("server", server.processId())
                        .addKeyValue("database", server.target().startup().get("database"))
                        .addKeyValue("sqlState", error.sqlState())
                        .addKeyValue("error", error.message())
                        .log("connect query failed");
            }
            if (result.status() == TransactionStatus.IDLE) {
                outcome.onPrepared();
            } else {
                outcome.onUnfit(ServerConnector.rejected(
                        server.target(), "the connect query leaves a transaction open (expected: none)"));
            }
        });
    }

    private void query(String sql, Consumer<ServerQuery.Result> done) {
        ServerQuery.send(server, sql, new ServerQuery.Outcome() {
            @Override
            public void onDone(ServerQuery.Result result) {
                done.accept(result);
            }

            @Override
            public void onClosed(@Nullable ErrorFields lastError) {
                outcome.onUnfit(lastError != null ? lastError : PoolerError.SERVER_CLOSED.plain());
            }
        });
    }
}
