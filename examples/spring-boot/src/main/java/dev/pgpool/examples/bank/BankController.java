package dev.pgpool.examples.bank;

import java.util.List;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ResponseStatusException;

/** The bank by HTTP. */
@RestController
class BankController {
    private final Bank bank;
    private final Accounts accounts;

    BankController(Bank bank, Accounts accounts) {
        this.bank = bank;
        this.accounts = accounts;
    }

    record NewAccount(String owner, long balance) {}

    record Transfer(long from, long to, long amount) {}

    @PostMapping("/accounts")
    List<Long> open(@RequestBody List<NewAccount> those) {
        List<Account> opened = bank.open(those.stream()
                .map(each -> new Account(each.owner(), each.balance()))
                .toList());
        return opened.stream().map(Account::getId).toList();
    }

    @GetMapping("/accounts/{id}")
    Account account(@PathVariable long id) {
        return accounts.findById(id).orElseThrow(() -> new ResponseStatusException(HttpStatus.NOT_FOUND));
    }

    @GetMapping("/total")
    long total() {
        return bank.total();
    }

    @PostMapping("/transfers")
    void transfer(@RequestBody Transfer transfer) {
        bank.transfer(transfer.from(), transfer.to(), transfer.amount());
    }
}
