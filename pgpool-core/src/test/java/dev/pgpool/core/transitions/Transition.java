package dev.pgpool.core.transitions;

import dev.pgpool.core.transitions.Scene.Login;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** One setting takes another value, and how it is seen that this is obeyed. */
final class Transition {
    /** Looks at a pooler. */
    interface Look {
        void at(Scene scene) throws Exception;
    }

    final String setting;
    final String about;
    BiConsumer<Stage, Told> before = (stage, told) -> {};
    BiConsumer<Stage, Told> after = (stage, told) -> {};
    Look arrange = scene -> {};
    Look early = scene -> {};
    Look seen = scene -> {};
    final Map<Login, Outcome> outcomes = new EnumMap<>(Login.class);
    boolean goesOn = true;
    boolean ordinary = true;

    @Nullable
    String refusal;

    private Transition(String setting, String about) {
        this.setting = setting;
        this.about = about;
    }

    /** @param setting kind of builder and method, such as {@code database.host} */
    static Transition change(String setting) {
        return new Transition(setting, "");
    }

    /** @param about what tells it from others of the same setting */
    static Transition change(String setting, String about) {
        return new Transition(setting, about);
    }

    Transition before(BiConsumer<Stage, Told> told) {
        before = told;
        return this;
    }

    Transition after(BiConsumer<Stage, Told> told) {
        after = told;
        return this;
    }

    /** Done when everything is there, just before the settings change. */
    Transition arrange(Look look) {
        arrange = look;
        return this;
    }

    /** Looked at before the logins go on. */
    Transition early(Look look) {
        early = look;
        return this;
    }

    /** Looked at when the logins are over. */
    Transition seen(Look look) {
        seen = look;
        return this;
    }

    Transition login(Login how, Outcome outcome) {
        outcomes.put(how, outcome);
        return this;
    }

    /** Of those who have been asked how they prove who they are, with TLS or without. */
    Transition asked(Outcome outcome) {
        return login(Login.ASKED, outcome).login(Login.ENCRYPTED_AND_ASKED, outcome);
    }

    /** Of those who have negotiated TLS. */
    Transition encrypted(Outcome outcome) {
        return login(Login.ENCRYPTED, outcome).login(Login.ENCRYPTED_AND_ASKED, outcome);
    }

    Transition logins(Outcome outcome) {
        for (Login how : Login.values()) {
            outcomes.put(how, outcome);
        }
        return this;
    }

    /** Those who are logged in are affected: {@link #seen} says how. */
    Transition stopsClients() {
        goesOn = false;
        return this;
    }

    /** No client is in a transaction. */
    Transition withoutTransaction() {
        ordinary = false;
        goesOn = false;
        return this;
    }

    /** It can't be changed, and says so. */
    Transition refused(String words) {
        refusal = words;
        return this;
    }

    @Override
    public String toString() {
        return setting + (about.isEmpty() ? "" : " (" + about + ")");
    }
}
