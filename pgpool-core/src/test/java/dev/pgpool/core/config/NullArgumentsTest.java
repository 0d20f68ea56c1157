package dev.pgpool.core.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pgpool.core.PgPool;
import dev.pgpool.core.PgPoolBuilder;
import java.lang.reflect.Array;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Parameter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A builder that is given null says at once which argument it was. */
class NullArgumentsTest {
    private static final Map<Class<?>, Supplier<Object>> BUILDERS = Map.of(
            PgPoolBuilder.class,
            PgPool::builder,
            DatabaseBuilder.class,
            () -> new DatabaseBuilder("app"),
            UserBuilder.class,
            () -> new UserBuilder("alice"),
            TlsBuilder.class,
            TlsBuilder::forClients,
            TcpBuilder.class,
            TcpBuilder::new,
            LdapBuilder.class,
            LdapBuilder::new,
            AuthQueryBuilder.class,
            AuthQueryBuilder::new,
            FleetBuilder.class,
            FleetBuilder::new);

    static Stream<Arguments> references() {
        List<Arguments> references = new ArrayList<>();
        BUILDERS.forEach((type, builder) -> Stream.of(type.getDeclaredMethods())
                .filter(method -> Modifier.isPublic(method.getModifiers()) && !Modifier.isStatic(method.getModifiers()))
                .filter(method -> !method.getName().equals("credentials"))
                .forEach(method -> {
                    for (int i = 0; i < method.getParameterCount(); i++) {
                        if (!method.getParameterTypes()[i].isPrimitive()) {
                            references.add(Arguments.of(type, method, method.getParameters()[i].getName(), i));
                        }
                    }
                }));
        assertThat(references).hasSizeGreaterThan(80);
        return references.stream();
    }

    @ParameterizedTest(name = "{0}.{1}: {2}")
    @MethodSource("references")
    void areNamed(Class<?> type, Method method, String name, int index) throws ReflectiveOperationException {
        Object[] arguments =
                Stream.of(method.getParameters()).map(NullArgumentsTest::value).toArray();
        arguments[index] = null;
        Throwable thrown = null;
        try {
            method.invoke(BUILDERS.get(type).get(), arguments);
        } catch (InvocationTargetException e) {
            thrown = e.getCause();
        }
        assertThat(thrown).isInstanceOf(NullPointerException.class).hasMessage(name);
    }

    @Test
    void credentialsThatAreMissingAreAProblemOfTheBuild() {
        PgPoolBuilder builder = PgPool.builder().database("app", db -> {}).credentials(null);
        assertThatThrownBy(builder::build)
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("credentials: null (expected: ");
    }

    /** Something that the method takes, as far as it comes to that. */
    private static Object value(Parameter parameter) {
        Class<?> type = parameter.getType();
        if (type == int.class) {
            return 1;
        }
        if (type == long.class) {
            return 1L;
        }
        if (type == boolean.class) {
            return true;
        }
        if (type == String.class) {
            return "x";
        }
        if (type == java.nio.file.Path.class) {
            return java.nio.file.Path.of("x");
        }
        if (type.isArray()) {
            return Array.newInstance(type.getComponentType(), 0);
        }
        if (type.isEnum()) {
            return type.getEnumConstants()[0];
        }
        return type == Consumer.class
                ? (Consumer<Object>) ignored -> {}
                : type == Optional.class ? Optional.empty() : null;
    }
}
