package dev.pgpool.backup.internal.globals;

import static dev.pgpool.backup.internal.pg.Sessions.identifier;

import dev.pgpool.backup.internal.pg.Sessions;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Statements that give an object an access control list, whatever its default is: everything is taken from PUBLIC and the owner
 * first, then granted item by item, in the list's order as far as nothing is granted before its grantor may grant it.
 */
final class Grants {

    private static final String PUBLIC = "PUBLIC";

    private record Item(String grantor, String grantee, List<String> privileges, boolean grantable) {}

    private final String object;
    private final String owner;
    private final List<Item> items;

    private Grants(String object, String owner, List<Item> items) {
        this.object = object;
        this.owner = owner;
        this.items = items;
    }

    /**
     * The list of an object.
     *
     * @param object as GRANT names it: {@code DATABASE "app"}
     * @param owner who grants by default
     * @param acl an expression for the list
     * @param from where the expression is found, with exactly one row
     */
    static Grants read(Connection connection, String object, String owner, String acl, String from)
            throws SQLException {
        List<Item> items = new ArrayList<>();
        for (List<@Nullable String> row : Sessions.rows(
                connection,
                "SELECT g.rolname, r.rolname, a.privilege_type, a.is_grantable FROM " + from
                        + " CROSS JOIN LATERAL pg_catalog.aclexplode(" + acl
                        + ") WITH ORDINALITY AS a(grantor, grantee,"
                        + " privilege_type, is_grantable, n) LEFT JOIN pg_catalog.pg_roles g ON g.oid = a.grantor LEFT JOIN"
                        + " pg_catalog.pg_roles r ON r.oid = a.grantee ORDER BY a.n")) {
            String grantor = Objects.requireNonNullElse(row.get(0), owner);
            String grantee = row.get(1) == null ? PUBLIC : identifier(Objects.requireNonNull(row.get(1)));
            boolean grantable = "t".equals(row.get(3));
            Item last = items.isEmpty() ? null : items.get(items.size() - 1);
            if (last == null
                    || !last.grantor().equals(grantor)
                    || !last.grantee().equals(grantee)
                    || last.grantable() != grantable) {
                last = new Item(grantor, grantee, new ArrayList<>(), grantable);
                items.add(last);
            }
            last.privileges().add(Objects.requireNonNull(row.get(2)));
        }
        return new Grants(object, owner, items);
    }

    /** Each statement in its turn. */
    void write(Consumer<String> statements) {
        boolean parameter = object.startsWith("PARAMETER ");
        if (!parameter) {
            statements.accept("REVOKE ALL ON " + object + " FROM PUBLIC");
            statements.accept("REVOKE ALL ON " + object + " FROM " + identifier(owner));
        }
        List<Item> waiting = new ArrayList<>(items);
        Set<String> granted = new HashSet<>();
        boolean progress = true;
        while (!waiting.isEmpty()) {
            boolean all = !progress;
            progress = false;
            for (Item item : List.copyOf(waiting)) {
                boolean may = item.grantor().equals(owner)
                        || item.privileges().stream().allMatch(p -> granted.contains(item.grantor() + "\0" + p));
                // Grantors without the right are left over from before a change of owner; the server then decides.
                if (may || all) {
                    statements.accept(statement(item));
                    waiting.remove(item);
                    progress = true;
                    if (item.grantable()) {
                        item.privileges().forEach(p -> granted.add(unquoted(item.grantee()) + "\0" + p));
                    }
                }
            }
        }
        // A parameter has no list, and nothing to revoke, before its first grant; that grant gives it its owner's
        // default.
        if (parameter && items.stream().noneMatch(item -> item.grantee().equals(identifier(owner)))) {
            statements.accept("REVOKE ALL ON " + object + " FROM " + identifier(owner));
        }
    }

    private String statement(Item item) {
        String grant = "GRANT " + String.join(", ", item.privileges()) + " ON " + object + " TO " + item.grantee()
                + (item.grantable() ? " WITH GRANT OPTION" : "");
        // A superuser grants as the owner; any other grantor has to do it itself.
        return item.grantor().equals(owner)
                ? grant
                : "SET ROLE " + identifier(item.grantor()) + "; " + grant + "; RESET ROLE";
    }

    private static String unquoted(String grantee) {
        return grantee.equals(PUBLIC)
                ? grantee
                : grantee.substring(1, grantee.length() - 1).replace("\"\"", "\"");
    }
}
