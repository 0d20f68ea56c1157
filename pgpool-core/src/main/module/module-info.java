/** A PostgreSQL transaction pooler as a library. */
module dev.pgpool.core {
    requires transitive org.slf4j;
    requires static org.jspecify;

    requires io.netty.buffer;
    requires io.netty.codec;
    requires io.netty.common;
    requires io.netty.handler;
    requires io.netty.transport;
    requires io.netty.transport.classes.epoll;
    requires io.netty.transport.classes.kqueue;
    requires io.netty.transport.unix.common;

    requires java.naming;
    requires java.management;
    requires static jdk.jfr;
    requires jdk.net;

    requires static micrometer.core;
    requires static transitive java.sql;
    requires static org.postgresql.jdbc;
    requires static r2dbc.spi;
    requires static spring.beans;
    requires static spring.boot;
    requires static spring.boot.autoconfigure;
    requires static spring.boot.health;
    requires static spring.boot.jdbc;
    requires static spring.boot.r2dbc;
    requires static spring.context;
    requires static spring.core;

    exports dev.pgpool.core;
    exports dev.pgpool.core.advice;
    exports dev.pgpool.core.auth;
    exports dev.pgpool.core.config;
    exports dev.pgpool.core.event;
    exports dev.pgpool.core.jdbc;
    exports dev.pgpool.core.metrics;
    exports dev.pgpool.core.pgbouncer;
    exports dev.pgpool.core.spring;
    exports dev.pgpool.core.stats;

    opens dev.pgpool.core.spring;
}
