package dev.pgpool.core.internal.fleet;

import dev.pgpool.core.internal.fleet.FleetClients.Scope;
import dev.pgpool.core.internal.fleet.protocol.FleetStep;
import dev.pgpool.core.internal.fleet.protocol.FleetStep.Call;
import dev.pgpool.core.internal.fleet.protocol.FleetView;
import dev.pgpool.core.internal.fleet.protocol.PeerState;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * What is said to PostgreSQL, and what its answers mean. All of a step is one message: one round trip, one transaction. The
 * locks are those of the session, so they come and go at their own statement.
 */
final class FleetSql {
    private static final String OWN_DATABASE = "(select oid from pg_database where datname = current_database())";
    private static final String LOCKS = "pg_locks l where l.locktype = 'advisory' and l.objsubid = 2 and l.granted"
            + " and l.database = " + OWN_DATABASE;

    private final FleetKeys keys;
    private final int member;
    private final int bound;

    /** @param member a number that no other member has */
    FleetSql(FleetKeys keys, int member, int bound) {
        this.keys = keys;
        this.member = member;
        this.bound = bound;
    }

    /** The session becomes that of a member; one that was the same member's ends. */
    String join() {
        return "select pg_terminate_backend(l.pid) from " + LOCKS + " and l.classid = " + keys.members()
                + " and l.objid = " + member + " and l.pid <> pg_backend_pid();"
                + "select pg_advisory_lock_shared(" + keys.members() + ", " + member + ");"
                + "listen " + keys.channel();
    }

    /** What PostgreSQL itself limits: one row, the word limits, and three numbers; below zero for no limit. */
    static String limits() {
        return "select 'limits', current_setting('max_connections')::int"
                + " - current_setting('superuser_reserved_connections')::int"
                + " - coalesce(current_setting('reserved_connections', true), '0')::int,"
                + " (select datconnlimit from pg_database where datname = current_database()),"
                + " (select rolconnlimit from pg_roles where rolname = session_user)";
    }

    String step(FleetStep step, Collection<Scope> scopes) {
        StringBuilder sql = new StringBuilder(1_024);
        PeerState say = step.say();
        if (say != null) {
            sql.append("select set_config('application_name', '")
                    .append(keys.applicationName())
                    .append(say.text())
                    .append("', false);");
        }
        each(sql, "pg_advisory_unlock", keys.servers(), step.forget());
        each(sql, "pg_advisory_unlock", keys.slots(), step.give());
        if (step.take() > 0) {
            take(sql, step.take());
        }
        each(sql, "pg_try_advisory_lock", keys.servers(), step.register());
        Call call = step.call();
        if (call != null) {
            sql.append("select pg_notify('")
                    .append(keys.channel())
                    .append("', '")
                    .append(call.name())
                    .append(step.state().text())
                    .append("');");
        }
        // sessions first: one that begins or is answered for between both looks counts rather than not
        sql.append("select 'session', a.pid, a.application_name, ")
                .append(isServer(scopes))
                .append(" from pg_stat_activity a where a.datname is not null;");
        sql.append("select 'lock', l.pid, l.classid, l.objid, pg_backend_pid() from ")
                .append(LOCKS)
                .append(" and l.classid in (")
                .append(keys.slots() + ", " + keys.servers() + ", " + keys.members())
                .append(')');
        return sql.toString();
    }

    private static void each(StringBuilder sql, String function, int key, List<Integer> objects) {
        if (!objects.isEmpty()) {
            sql.append("select ")
                    .append(function)
                    .append('(')
                    .append(key)
                    .append(", k) from unnest(array")
                    .append(objects)
                    .append(") k;");
        }
    }

    /** The inner query knows what is free; locks are tried one after the other, until there are enough. */
    private void take(StringBuilder sql, int most) {
        sql.append("select k from (select k from generate_series(1, ")
                .append(bound)
                .append(") k where not exists (select from ")
                .append(LOCKS)
                .append(" and l.classid = ")
                .append(keys.slots())
                .append(" and l.objid::bigint = k) offset 0) f where pg_try_advisory_lock(")
                .append(keys.slots())
                .append(", k) limit ")
                .append(most)
                .append(';');
    }

    private static String isServer(Collection<Scope> scopes) {
        if (scopes.isEmpty()) {
            return "false";
        }
        String pairs = scopes.stream()
                .map(scope -> "(" + literal(scope.database()) + ", " + literal(scope.user()) + ")")
                .collect(Collectors.joining(", "));
        return "a.backend_type is distinct from 'parallel worker' and (a.datname, a.usename) in (" + pairs + ")";
    }

    static String literal(String text) {
        return "E'" + text.replace("\\", "\\\\").replace("'", "''") + "'";
    }

    /** What the rows of the step's answer say. */
    FleetView view(List<List<String>> rows) {
        Map<Integer, String> names = new HashMap<>();
        Set<Integer> sessions = new HashSet<>();
        List<List<String>> locks = new ArrayList<>();
        for (List<String> row : rows) {
            if (row.get(0).equals("session")) {
                names.put(Integer.valueOf(row.get(1)), row.get(2));
                if (row.get(3).equals("t")) {
                    sessions.add(Integer.valueOf(row.get(1)));
                }
            } else if (row.get(0).equals("lock")) {
                locks.add(row);
            }
        }
        return view(names, sessions, locks);
    }

    private FleetView view(Map<Integer, String> names, Set<Integer> sessions, List<List<String>> locks) {
        // the lock that makes a member is there for as long as the session that asks
        int self = locks.isEmpty() ? 0 : Integer.parseInt(locks.get(0).get(4));
        Map<Integer, Integer> members = new LinkedHashMap<>();
        Set<Integer> slots = new HashSet<>();
        Map<Integer, Set<Integer>> answered = new HashMap<>();
        Set<Integer> others = new HashSet<>();
        for (List<String> lock : locks) {
            int pid = Integer.parseInt(lock.get(1));
            int kind = Integer.parseInt(lock.get(2));
            int object = (int) Long.parseLong(lock.get(3));
            members.putIfAbsent(pid, 0);
            if (kind == keys.slots()) {
                members.merge(pid, 1, Integer::sum);
                if (pid == self) {
                    slots.add(object);
                }
            } else if (kind == keys.servers()) {
                answered.computeIfAbsent(pid, holder -> new TreeSet<>()).add(object);
                if (pid != self) {
                    others.add(object);
                }
            }
        }
        Set<Integer> unregistered = new HashSet<>(sessions);
        answered.forEach((holder, pids) -> {
            pids.retainAll(sessions);
            // a member has a slot for each; a client that takes such locks has none, and its word counts for nothing
            int slotsOfHolder = members.getOrDefault(holder, 0);
            pids.stream().limit(slotsOfHolder).forEach(unregistered::remove);
        });
        unregistered.removeAll(members.keySet());
        // whatever kind of session it is that has the number
        Set<Integer> present = new HashSet<>(names.keySet());
        present.removeAll(others);
        List<FleetView.Peer> peers = members.entrySet().stream()
                .map(peer -> new FleetView.Peer(
                        peer.getKey(), peer.getValue(), PeerState.parse(names.getOrDefault(peer.getKey(), ""))))
                .toList();
        return new FleetView(self, peers, slots, unregistered, present);
    }
}
