package dev.pgpool.examples.bank;

import jakarta.persistence.LockModeType;
import java.util.Optional;
import org.springframework.data.jpa.repository.JpaRepository;
import org.springframework.data.jpa.repository.Lock;
import org.springframework.data.jpa.repository.Query;

/** All accounts. */
public interface Accounts extends JpaRepository<Account, Long> {

    /** The account, which is no other transaction's until this one ends. */
    @Lock(LockModeType.PESSIMISTIC_WRITE)
    @Query("select a from Account a where a.id = :id")
    Optional<Account> lock(long id);

    @Query("select coalesce(sum(a.balance), 0) from Account a")
    long total();
}
