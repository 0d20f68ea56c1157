package dev.pgpool.core.internal.sql;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The prepared statements that a text names: SQL and the extended protocol have one name space for them. Immutable.
 *
 * @param uses in the order of the text
 * @param showsAll whether it reads {@code pg_prepared_statements}
 * @param endsAll whether it takes all of them away: {@code DEALLOCATE ALL}, {@code DISCARD ALL}
 */
public record StatementNames(List<Use> uses, boolean showsAll, boolean endsAll) {
    /** Length up to which PostgreSQL tells names apart. */
    public static final int SIGNIFICANT_BYTES = 63;

    /** What becomes of the statement. */
    public enum Verb {
        PREPARE,
        EXECUTE,
        DEALLOCATE
    }

    /**
     * One name.
     *
     * @param verb what becomes of the statement
     * @param name as the server reads it, each byte a character
     * @param tagged whether its CommandComplete is among those of the text: it does not stand in a block
     */
    public record Use(Verb verb, String name, boolean tagged) {
        Use untagged() {
            return new Use(verb, name, false);
        }
    }

    public StatementNames {
        uses = List.copyOf(uses);
    }

    /** Whether a statement of that verb is among them. */
    public boolean has(Verb verb) {
        return uses.stream().anyMatch(use -> use.verb == verb);
    }

    /** Whether a statement of that verb and name is among them. */
    public boolean has(Verb verb, String name) {
        return uses.stream().anyMatch(use -> use.verb == verb && use.name.equals(name));
    }

    /** These behind others. */
    StatementNames after(@Nullable StatementNames first) {
        if (first == null) {
            return this;
        }
        List<Use> all = new ArrayList<>(first.uses);
        all.addAll(uses);
        return new StatementNames(all, first.showsAll || showsAll, first.endsAll || endsAll);
    }

    /** Of a text inside of another. */
    StatementNames inside() {
        List<Use> untagged = new ArrayList<>();
        uses.forEach(use -> untagged.add(use.untagged()));
        if (endsAll) {
            untagged.add(new Use(Verb.DEALLOCATE, "", false));
        }
        return new StatementNames(untagged, showsAll, false);
    }

    /** Whether statements may be taken away without a word from the server: inside of a block. */
    public boolean endsUntold() {
        return uses.stream().anyMatch(use -> use.verb == Verb.DEALLOCATE && !use.tagged);
    }
}
