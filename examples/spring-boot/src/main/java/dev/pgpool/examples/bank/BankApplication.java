package dev.pgpool.examples.bank;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/** A small bank. Its pooler, backups and certificate watch come of {@code application.properties} alone. */
@SpringBootApplication
public class BankApplication {

    public static void main(String[] arguments) {
        SpringApplication.run(BankApplication.class, arguments);
    }
}
