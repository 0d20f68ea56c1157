package dev.pgpool.core.config;

import java.time.Duration;
import java.util.Optional;

/** The rules of a pool, as far as a {@link DatabaseBuilder} has been told. Not checked. */
final class PoolDraft {
    Optional<PoolMode> mode = Optional.empty();
    int maxConnections = LimitsConfig.DEFAULT.maxConnections();
    int minConnections = LimitsConfig.DEFAULT.minConnections();
    int reserveConnections = LimitsConfig.DEFAULT.reserveConnections();
    Duration reserveTimeout = LimitsConfig.DEFAULT.reserveTimeout();
    int maxParallelConnects = LimitsConfig.DEFAULT.maxParallelConnects();
    int maxServerConnections = LimitsConfig.DEFAULT.maxServerConnections();
    int maxClients = LimitsConfig.DEFAULT.maxClients();
    Duration waitTimeout = TimeoutsConfig.DEFAULT.queryWait();
    Duration waitNotice = TimeoutsConfig.DEFAULT.waitNotice();
    Duration queryTimeout = TimeoutsConfig.DEFAULT.query();
    Duration transactionTimeout = TimeoutsConfig.DEFAULT.transaction();
    Duration idleInTransactionTimeout = TimeoutsConfig.DEFAULT.idleInTransaction();
    Duration clientIdleTimeout = TimeoutsConfig.DEFAULT.clientIdle();
    Duration connectTimeout = TimeoutsConfig.DEFAULT.connect();
    Duration connectRetryDelay = TimeoutsConfig.DEFAULT.connectRetryDelay();
    Duration abandonTimeout = TimeoutsConfig.DEFAULT.abandon();
    Duration cancelTimeout = TimeoutsConfig.DEFAULT.cancel();
    Duration serverLifetime = ServerLifeConfig.DEFAULT.lifetime();
    Duration serverIdleTimeout = ServerLifeConfig.DEFAULT.idleTimeout();
    Duration serverCheckDelay = ServerLifeConfig.DEFAULT.checkDelay();
    String serverCheckQuery = ServerLifeConfig.DEFAULT.checkQuery();
    Duration serverCheckTimeout = ServerLifeConfig.DEFAULT.checkTimeout();
    boolean serverRoundRobin = ServerLifeConfig.DEFAULT.roundRobin();
    boolean serverFastClose = ServerLifeConfig.DEFAULT.fastClose();
    Duration poolIdleTimeout = ServerLifeConfig.DEFAULT.poolIdleTimeout();
    Duration autoDatabaseIdleTimeout = ServerLifeConfig.DEFAULT.autoDatabaseIdleTimeout();
    int maxPreparedStatements = PoolConfig.DEFAULT.maxPreparedStatements();

    PoolConfig build() {
        return new PoolConfig(
                mode,
                new LimitsConfig(
                        maxConnections,
                        minConnections,
                        reserveConnections,
                        reserveTimeout,
                        maxParallelConnects,
                        maxServerConnections,
                        maxClients),
                new TimeoutsConfig(
                        waitTimeout,
                        waitNotice,
                        queryTimeout,
                        transactionTimeout,
                        idleInTransactionTimeout,
                        clientIdleTimeout,
                        connectTimeout,
                        connectRetryDelay,
                        abandonTimeout,
                        cancelTimeout),
                new ServerLifeConfig(
                        serverLifetime,
                        serverIdleTimeout,
                        serverCheckDelay,
                        serverCheckQuery,
                        serverCheckTimeout,
                        serverRoundRobin,
                        serverFastClose,
                        poolIdleTimeout,
                        autoDatabaseIdleTimeout),
                maxPreparedStatements);
    }
}
