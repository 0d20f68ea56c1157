package dev.pgpool.examples.probe;

import java.util.List;
import org.jooq.DSLContext;
import org.jooq.Record;
import org.jooq.Table;
import org.jooq.impl.DSL;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** jOOQ: a batch and a query in one transaction of its own. */
@RestController
public class JooqProbes {
    private static final Table<Record> WORD = DSL.table("word");

    private final DSLContext jooq;

    JooqProbes(DSLContext jooq) {
        this.jooq = jooq;
    }

    @PostMapping("/jooq")
    List<String> write(@RequestParam List<String> words, @RequestParam boolean fail) {
        return jooq.transactionResult(own -> {
            DSLContext transaction = DSL.using(own);
            transaction
                    .batch(words.stream()
                            .map(word -> transaction
                                    .insertInto(WORD, DSL.field("word", String.class))
                                    .values(word))
                            .toList())
                    .execute();
            if (fail) {
                transaction.execute("SELECT 1 / 0");
            }
            return transaction
                    .select(DSL.field("word", String.class))
                    .from(WORD)
                    .orderBy(DSL.field("word").desc())
                    .fetchInto(String.class);
        });
    }
}
