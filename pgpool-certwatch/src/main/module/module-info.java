/** Certificate expiry of HTTPS endpoints, PostgreSQL servers and files. */
module dev.pgpool.certwatch {
    requires transitive org.slf4j;
    requires static org.jspecify;

    requires com.fasterxml.jackson.core;
    requires io.netty.buffer;
    requires io.netty.codec;
    requires io.netty.common;
    requires io.netty.handler;
    requires io.netty.transport;
    requires java.naming;
    requires java.net.http;

    requires static org.yaml.snakeyaml;
    requires static micrometer.core;
    requires static micrometer.registry.prometheus;
    requires static io.prometheus.metrics.model;
    requires static spring.beans;
    requires static spring.boot;
    requires static spring.boot.autoconfigure;
    requires static spring.boot.health;
    requires static spring.context;
    requires static spring.core;

    exports dev.pgpool.certwatch;
    exports dev.pgpool.certwatch.config;
    exports dev.pgpool.certwatch.event;
    exports dev.pgpool.certwatch.finding;
    exports dev.pgpool.certwatch.metrics;
    exports dev.pgpool.certwatch.notify;
    exports dev.pgpool.certwatch.report;
    exports dev.pgpool.certwatch.spring;
    exports dev.pgpool.certwatch.target;
    exports dev.pgpool.certwatch.trust;

    opens dev.pgpool.certwatch.spring;
}
