package dev.pgpool.examples.probe;

import java.util.Map;
import javax.sql.DataSource;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;

/** Single statements: where they run, and what is refused. */
@RestController
public class StatementProbes {
    private final JdbcTemplate bank;
    private final JdbcTemplate reports;

    StatementProbes(JdbcTemplate bank, @Qualifier("reports") DataSource reports) {
        this.bank = bank;
        this.reports = new JdbcTemplate(reports);
    }

    @PostMapping("/statements/write-in-read-only")
    @Transactional(readOnly = true)
    public int write() {
        return bank.update("UPDATE account SET balance = 0");
    }

    @GetMapping("/statements/databases")
    public Map<String, String> databases() {
        return Map.of("bank", database(bank), "reports", database(reports));
    }

    private static String database(JdbcTemplate of) {
        return of.queryForObject("SELECT current_database()", String.class);
    }
}
