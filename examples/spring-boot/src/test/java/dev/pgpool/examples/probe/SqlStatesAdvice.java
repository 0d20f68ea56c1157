package dev.pgpool.examples.probe;

import java.sql.SQLException;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestControllerAdvice;

/** Answers with what the server said when a statement fails. */
@RestControllerAdvice
public class SqlStatesAdvice {

    @ExceptionHandler
    @ResponseStatus(HttpStatus.CONFLICT)
    String failed(Exception e) throws Exception {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLException sql && sql.getSQLState() != null) {
                return sql.getSQLState();
            }
        }
        throw e;
    }
}
