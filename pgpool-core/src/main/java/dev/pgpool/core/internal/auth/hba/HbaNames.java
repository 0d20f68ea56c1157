package dev.pgpool.core.internal.auth.hba;

import dev.pgpool.core.internal.auth.hba.HbaRule.Names;
import java.util.ArrayList;
import java.util.List;

/** For which databases and users a line of a {@code pg_hba.conf} is: its second and its third field. */
final class HbaNames {
    private final NameLists lists;

    /** @param lists reads what {@code @file} names */
    HbaNames(NameLists lists) {
        this.lists = lists;
    }

    Names databases(List<Token> tokens) throws RuleError {
        boolean all = false;
        boolean sameUser = false;
        boolean replication = false;
        List<NamePattern> patterns = new ArrayList<>();
        for (Token token : lists.expand(tokens)) {
            if (token.isKeyword("samerole") || token.isKeyword("samegroup")) {
                throw new RuleError(
                        "database", "\"" + token.text() + "\"", "no roles: the pooler does not know their members");
            } else if (token.isKeyword("all")) {
                all = true;
            } else if (token.isKeyword("sameuser")) {
                sameUser = true;
            } else if (token.isKeyword("replication")) {
                replication = true;
            } else {
                patterns.add(NamePattern.of(token, "database"));
            }
        }
        return new Names(all, sameUser, replication, patterns);
    }

    Names users(List<Token> tokens) throws RuleError {
        boolean all = false;
        List<NamePattern> patterns = new ArrayList<>();
        for (Token token : lists.expand(tokens)) {
            if (token.isMarked('+')) {
                throw new RuleError(
                        "user", "\"" + token.text() + "\"", "no roles: the pooler does not know their members");
            } else if (token.isKeyword("all")) {
                all = true;
            } else {
                patterns.add(NamePattern.of(token, "user"));
            }
        }
        return new Names(all, false, false, patterns);
    }
}
