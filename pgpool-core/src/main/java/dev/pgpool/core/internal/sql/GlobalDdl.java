package dev.pgpool.core.internal.sql;

import io.netty.buffer.ByteBuf;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What a text does to roles and databases, which are the business of all sessions of a server: an upper bound, as far as it
 * can be read from the text. Immutable.
 *
 * @param roles sessions of these are not what new ones would be, when the transaction has ended
 * @param databases the same of sessions in these
 * @param everything the same of all sessions: the names can't be read
 * @param vacated databases in which there must be no other session while the statement runs
 */
public record GlobalDdl(Set<String> roles, Set<String> databases, boolean everything, Set<String> vacated) {
    /** Of a text that was not read. */
    public static final GlobalDdl UNKNOWN = new GlobalDdl(Set.of(), Set.of(), true, Set.of());

    /** The longest text that looks like a command for a role or a database and is read for that alone. */
    private static final int LOOK_LIMIT = 1 << 16;

    public GlobalDdl {
        roles = Set.copyOf(roles);
        databases = Set.copyOf(databases);
        vacated = Set.copyOf(vacated);
    }

    /** Whether a session of this role in this database is not what a new one would be. */
    public boolean outdates(String role, String database) {
        return everything || roles.contains(role) || databases.contains(database);
    }

    /** Both together. */
    public GlobalDdl and(@Nullable GlobalDdl other) {
        if (other == null) {
            return this;
        }
        return new GlobalDdl(
                union(roles, other.roles),
                union(databases, other.databases),
                everything || other.everything,
                union(vacated, other.vacated));
    }

    private static Set<String> union(Set<String> one, Set<String> other) {
        Set<String> both = new TreeSet<>(one);
        both.addAll(other);
        return both;
    }

    /**
     * Whether a text may begin with such a command, by its first character: for callers that read no texts otherwise.
     *
     * @param buf lent for the duration of the call
     */
    public static boolean mayBeginIn(ByteBuf buf, int from, int to) {
        if (from >= to || to - from > LOOK_LIMIT) {
            return false;
        }
        return switch (buf.getByte(from)) {
            case 'A', 'a', 'C', 'c', 'D', 'd', '/', '-', ';', ' ', '\t', '\n', '\r' -> true;
            default -> false;
        };
    }

    /**
     * Whether the tag of a CommandComplete is that of such a command.
     *
     * @param buf lent for the duration of the call
     * @param from absolute index of the tag
     * @param to absolute index of the zero byte behind it
     */
    public static boolean isTag(ByteBuf buf, int from, int to) {
        for (byte[] tag : Tags.ALL) {
            if (to - from == tag.length) {
                int i = 0;
                while (i < tag.length && buf.getByte(from + i) == tag[i]) {
                    i++;
                }
                if (i == tag.length) {
                    return true;
                }
            }
        }
        return false;
    }

    /** Those of CREATE USER, ALTER GROUP and the like are the same. */
    private static final class Tags {
        static final byte[][] ALL = {
            Words.ascii("ALTER ROLE"),
            Words.ascii("CREATE ROLE"),
            Words.ascii("DROP ROLE"),
            Words.ascii("ALTER DATABASE"),
            Words.ascii("CREATE DATABASE"),
            Words.ascii("DROP DATABASE")
        };
    }
}
