package dev.pgpool.core.internal.auth.hba;

import dev.pgpool.core.auth.ClientAuthentication;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Rules and user maps, read together so that they fit. Immutable. */
public final class AccessRules {

    private final List<HbaRule> rules;
    private final UserMaps maps;

    private AccessRules(List<HbaRule> rules, UserMaps maps) {
        this.rules = List.copyOf(rules);
        this.maps = maps;
    }

    /** The same method for every client. */
    public static AccessRules forAll(ClientAuthentication method) {
        return new AccessRules(List.of(HbaRule.forAll(method)), UserMaps.NONE);
    }

    /**
     * Reads both files to their ends.
     *
     * @param hasAuthenticator whether rules may name the host's own
     * @param problems where everything that is wrong goes, one line each; the result is of no use if there is anything
     */
    static AccessRules read(
            RuleSource source,
            String hbaFile,
            @Nullable String identFile,
            boolean hasAuthenticator,
            List<String> problems)
            throws IOException {
        List<HbaRule> rules =
                new HbaParser(hbaFile, new NameLists(source, hbaFile), problems).parse(source.read(hbaFile));
        UserMaps maps = identFile == null ? UserMaps.NONE : UserMaps.parse(identFile, source.read(identFile), problems);
        for (HbaRule rule : rules) {
            rule.map()
                    .filter(map -> !maps.has(map))
                    .ifPresent(map -> problems.add(rule.where() + ": option: \"map="
                            + map + "\" (expected: a map of "
                            + (identFile == null ? "an identFile, but none is set" : identFile) + ")"));
            if (rule.method() == ClientAuthentication.AUTHENTICATOR && !hasAuthenticator) {
                problems.add(rule.where() + ": method: \"authenticator\" (expected: one that is set, but none is)");
            }
        }
        return new AccessRules(rules, maps);
    }

    /** The first rule that is for this client. */
    public Optional<HbaRule> find(ClientAttributes client) {
        for (HbaRule rule : rules) {
            if (rule.matches(client)) {
                return Optional.of(rule);
            }
        }
        return Optional.empty();
    }

    /** Whether the rule lets the owner of this name outside be this user. */
    public boolean allows(HbaRule rule, String systemUser, String user) {
        return rule.map().isEmpty()
                ? systemUser.equals(user)
                : maps.allows(rule.map().get(), systemUser, user);
    }
}
