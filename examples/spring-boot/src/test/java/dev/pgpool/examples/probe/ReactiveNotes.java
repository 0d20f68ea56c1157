package dev.pgpool.examples.probe;

import io.r2dbc.spi.R2dbcException;
import java.util.List;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.ComponentScan;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.FilterType;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.r2dbc.core.DatabaseClient;
import org.springframework.transaction.ReactiveTransactionManager;
import org.springframework.transaction.reactive.TransactionalOperator;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** An application of its own that uses R2DBC. On Boot 3.5 it finds the configuration that leads it to the pooler. */
@Configuration(proxyBeanMethods = false)
@EnableAutoConfiguration
@ComponentScan(
        useDefaultFilters = false,
        includeFilters = @ComponentScan.Filter(type = FilterType.REGEX, pattern = ".*ReactivePoolerConfiguration"))
@RestController
public class ReactiveNotes {
    private final DatabaseClient client;
    private final TransactionalOperator transaction;

    ReactiveNotes(DatabaseClient client, ReactiveTransactionManager transactions) {
        this.client = client;
        this.transaction = TransactionalOperator.create(transactions);
    }

    /** Writes notes in one transaction, which is rolled back if a text is there twice. */
    @PostMapping("/notes")
    Mono<ResponseEntity<String>> write(@RequestParam List<String> texts) {
        return Flux.fromIterable(texts)
                .concatMap(text -> client.sql("INSERT INTO note (text) VALUES (:text)")
                        .bind("text", text)
                        .fetch()
                        .rowsUpdated())
                .as(transaction::transactional)
                .count()
                .map(count -> ResponseEntity.ok(count.toString()))
                .onErrorResume(
                        e -> e.getCause() instanceof R2dbcException,
                        e -> Mono.just(ResponseEntity.status(HttpStatus.CONFLICT)
                                .body(((R2dbcException) e.getCause()).getSqlState())));
    }

    @GetMapping("/notes/{text}")
    Mono<Long> count(@PathVariable String text) {
        return client.sql("SELECT count(*) FROM note WHERE text = $1")
                .bind(0, text)
                .mapValue(Long.class)
                .one();
    }
}
