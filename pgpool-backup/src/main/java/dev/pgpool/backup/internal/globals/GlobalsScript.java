package dev.pgpool.backup.internal.globals;

import dev.pgpool.backup.internal.globals.GlobalsStatement.Subject;
import dev.pgpool.backup.report.BackupException;
import dev.pgpool.backup.report.FailureReason;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The globals of a backup, read back: what roles, tablespaces and statements they consist of. */
public final class GlobalsScript {

    private static final String USES_TABLESPACE = "-- " + DatabaseGlobals.USES_TABLESPACE;

    private final List<GlobalsStatement> statements = new ArrayList<>();
    private final Set<String> usedTablespaces = new LinkedHashSet<>();

    /**
     * A script as {@link GlobalsReader} wrote it.
     *
     * @throws BackupException with RESTORE_REFUSED if anything in it has another form
     */
    public GlobalsScript(String text) {
        try {
            SqlTokens.split(text, statement -> statements.add(GlobalsStatement.parse(statement)), this::comment);
        } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
            throw new BackupException(
                    FailureReason.RESTORE_REFUSED,
                    "globals.sql: statement " + (statements.size() + 1) + " is not of a form that this library writes: "
                            + e.getMessage() + " (expected: nothing else; globals SKIP restores without it)");
        }
    }

    private void comment(String line) {
        if (line.startsWith(USES_TABLESPACE)) {
            usedTablespaces.add(SqlTokens.of(line.substring(USES_TABLESPACE.length()))
                    .get(0)
                    .text());
        }
    }

    List<GlobalsStatement> statements() {
        return statements;
    }

    /** Roles that it creates. */
    public Set<String> roles() {
        return names(Subject.CREATE_ROLE);
    }

    /** Tablespaces that it creates. */
    public Set<String> tablespaces() {
        return names(Subject.CREATE_TABLESPACE);
    }

    private Set<String> names(Subject subject) {
        Set<String> names = new LinkedHashSet<>();
        statements.stream().filter(s -> s.subject() == subject).forEach(s -> names.add(s.name()));
        return names;
    }

    /** Tablespaces that the database or something in it lies in. */
    public Set<String> usedTablespaces() {
        Set<String> used = new LinkedHashSet<>(usedTablespaces);
        String own = databaseTablespace();
        if (own != null) {
            used.add(own);
        }
        return used;
    }

    /** The database's own tablespace, or {@code null} for the default one. */
    public @Nullable String databaseTablespace() {
        return statements.stream()
                .filter(s -> s.subject() == Subject.DATABASE_TABLESPACE)
                .map(GlobalsStatement::other)
                .findFirst()
                .orElse(null);
    }
}
