package dev.pgpool.examples.bank;

import java.util.List;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.web.server.ResponseStatusException;

/** What can be done with accounts, each in one transaction. */
@Service
public class Bank {
    private final Accounts accounts;

    Bank(Accounts accounts) {
        this.accounts = accounts;
    }

    @Transactional
    public List<Account> open(List<Account> those) {
        return accounts.saveAll(those);
    }

    /** Takes first and gives then: a transfer that isn't covered is rolled back. */
    @Transactional
    public void transfer(long from, long to, long amount) {
        // In one order, so that two transfers never wait for each other
        Account first = locked(Math.min(from, to));
        Account second = locked(Math.max(from, to));
        Account payer = from < to ? first : second;
        Account payee = from < to ? second : first;
        payer.add(-amount);
        payee.add(amount);
        accounts.flush();
        if (payer.getBalance() < 0) {
            throw new ResponseStatusException(HttpStatus.CONFLICT, "not covered");
        }
    }

    @Transactional(readOnly = true)
    public long total() {
        return accounts.total();
    }

    private Account locked(long id) {
        return accounts.lock(id).orElseThrow(() -> new ResponseStatusException(HttpStatus.NOT_FOUND));
    }
}
