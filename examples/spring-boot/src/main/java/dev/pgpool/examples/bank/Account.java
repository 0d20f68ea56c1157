package dev.pgpool.examples.bank;

import jakarta.persistence.Entity;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import jakarta.persistence.SequenceGenerator;

/** An account, which is never overdrawn. */
@Entity
public class Account {

    /** From a sequence in steps, so that inserts can be sent in batches. */
    @Id
    @GeneratedValue(strategy = GenerationType.SEQUENCE, generator = "account_id")
    @SequenceGenerator(name = "account_id", sequenceName = "account_id", allocationSize = 50)
    private Long id;

    private String owner;
    private long balance;

    protected Account() {}

    public Account(String owner, long balance) {
        this.owner = owner;
        this.balance = balance;
    }

    void add(long amount) {
        balance += amount;
    }

    public Long getId() {
        return id;
    }

    public String getOwner() {
        return owner;
    }

    public long getBalance() {
        return balance;
    }
}
