package dev.pgpool.certwatch.spring;

import java.lang.reflect.Method;
import java.lang.reflect.Parameter;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;

/** A setting of a builder, and how properties say it. Its name is that of the builder's method, in kebab case. */
sealed interface Setting {
    String name();

    /** The method that it is documented by. */
    Method method();

    /** {@code poolMode(mode)}: the value of {@code pool-mode}. */
    record One(String name, Method method) implements Setting {
        Parameter parameter() {
            return method.getParameters()[0];
        }
    }

    /** {@code credentialsFrom(first, more...)}: the values of {@code credentials-from}, one at least. */
    record AtLeastOne(String name, Method method) implements Setting {
        /** Of all of them. */
        Parameter parameter() {
            return method.getParameters()[1];
        }
    }

    /** {@code trustPlatform()}: called where {@code trust-platform} is true. */
    record Switch(String name, Method method) implements Setting {}

    /**
     * {@code listen(host, port)}: the values of {@code listen.host} and {@code listen.port}. Of several methods of the name it
     * is the one with exactly the parameters that are given, or have defaults.
     *
     * @param defaults by the names of parameters, in kebab case
     */
    record Several(String name, List<Method> methods, Map<String, String> defaults) implements Setting {
        @Override
        public Method method() {
            return methods.get(0);
        }
    }

    /** {@code tls(t -> ...)}: what is below {@code tls}. */
    record Nested(String name, Method method, Settings inner) implements Setting {}

    /** {@code database(name, db -> ...)}: what is below {@code databases.<name>}. */
    record Named(String name, Method method, Settings inner) implements Setting {}

    /**
     * A word that says several things to the builder.
     *
     * @param method of another class
     * @param says told the builder and the word
     */
    record Word(String name, Method method, BiConsumer<Object, String> says) implements Setting {}

    /**
     * {@code sessionState(kind, policy)}: {@code session-state.<kind>} is the policy; {@code peer(id, host, port)}: {@code
     * peers.<id>.host} and {@code peers.<id>.port}.
     */
    record Keyed(String name, Method method) implements Setting {
        Parameter key() {
            return method.getParameters()[0];
        }

        /** The others, of which there is at least one. */
        List<Parameter> values() {
            return List.of(method.getParameters()).subList(1, method.getParameters().length);
        }
    }
}
