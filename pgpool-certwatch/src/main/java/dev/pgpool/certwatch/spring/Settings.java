package dev.pgpool.certwatch.spring;

import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.springframework.boot.context.properties.bind.DataObjectPropertyName;

/**
 * The settings of a builder: its public methods that return it, as far as text can say their parameters. What text cannot say
 * (a listener, a store of keys) is left to beans and customizers, see {@link #unsayable}.
 */
final class Settings {
    private static final Set<Class<?>> WORDS = Set.of(
            String.class,
            int.class,
            long.class,
            double.class,
            boolean.class,
            Duration.class,
            Path.class,
            ZoneId.class,
            String[].class);

    private final Class<?> builder;
    private final Map<String, Setting> byName = new TreeMap<>();
    private final List<Method> unsayable = new ArrayList<>();

    private Settings(Class<?> builder) {
        this.builder = builder;
    }

    /** Those of a builder. */
    static Settings of(Class<?> builder) {
        Settings settings = new Settings(builder);
        Map<String, List<Method>> methods = Arrays.stream(builder.getDeclaredMethods())
                .filter(method -> !Modifier.isStatic(method.getModifiers())
                        && Modifier.isPublic(method.getModifiers())
                        && method.getReturnType() == builder)
                .sorted(Comparator.comparing(Method::getParameterCount))
                .collect(Collectors.groupingBy(Method::getName));
        methods.forEach(settings::read);
        return settings;
    }

    private void read(String method, List<Method> overloads) {
        String name = kebab(method);
        List<Method> sayable =
                overloads.stream().filter(Settings::isSayable).collect(Collectors.toCollection(ArrayList::new));
        overloads.stream().filter(overload -> !isSayable(overload)).forEach(unsayable::add);
        if (!sayable.isEmpty()) {
            Setting setting = setting(name, sayable);
            byName.put(setting.name(), setting);
        }
    }

    private static Setting setting(String name, List<Method> methods) {
        Method method = methods.get(0);
        Class<?>[] types = method.getParameterTypes();
        if (types.length == 0) {
            return new Setting.Switch(name, method);
        }
        if (types[0] == Consumer.class) {
            return new Setting.Nested(name, method, of(described(method, 0)));
        }
        if (types.length == 2 && types[1] == Consumer.class) {
            return new Setting.Named(name + "s", method, of(described(method, 1)));
        }
        if (types.length == 2 && types[1].isArray() && types[1].getComponentType() == types[0]) {
            return new Setting.AtLeastOne(name, method);
        }
        if (types.length == 2 && types[0].isEnum()) {
            return new Setting.Keyed(name, method);
        }
        if (types.length == 1 && methods.size() == 1) {
            return new Setting.One(name, method);
        }
        return new Setting.Several(name, List.copyOf(methods), Map.of());
    }

    private static boolean isSayable(Method method) {
        return Arrays.stream(method.getGenericParameterTypes()).allMatch(Settings::isSayable);
    }

    private static boolean isSayable(Type type) {
        if (type instanceof ParameterizedType consumer) {
            return consumer.getRawType() == Consumer.class && consumer.getActualTypeArguments()[0] instanceof Class;
        }
        return type instanceof Class<?> word && (WORDS.contains(word) || isEnum(word));
    }

    private static boolean isEnum(Class<?> type) {
        return type.isArray() ? type.getComponentType().isEnum() : type.isEnum();
    }

    /** The builder that a parameter {@code Consumer<XBuilder>} is given. */
    private static Class<?> described(Method method, int parameter) {
        Type type = ((ParameterizedType) method.getGenericParameterTypes()[parameter]).getActualTypeArguments()[0];
        return (Class<?>) type;
    }

    /** What a method or a parameter is called in properties. */
    static String kebab(String name) {
        return DataObjectPropertyName.toDashedForm(name);
    }

    // ---- what the methods don't say

    /** The first parameter of a method is a key of properties below this name. */
    Settings keyed(String setting, String as) {
        Setting before = remove(setting);
        byName.put(as, new Setting.Keyed(as, before.method()));
        return this;
    }

    /** Properties below another name than that of the method. */
    Settings renamed(String setting, String as) {
        Setting before = remove(setting);
        byName.put(
                as,
                before instanceof Setting.Named named
                        ? new Setting.Named(as, named.method(), named.inner())
                        : new Setting.One(as, before.method()));
        return this;
    }

    /** What holds for parameters of a method that are not given while others are. */
    Settings defaults(String setting, Map<String, String> defaults) {
        Setting before = remove(setting);
        List<Method> methods = before instanceof Setting.Several several ? several.methods() : List.of(before.method());
        byName.put(setting, new Setting.Several(setting, methods, Map.copyOf(defaults)));
        return this;
    }

    /** A word that says several things to the builder, of which it knows nothing. */
    Settings word(Setting.Word word) {
        byName.put(word.name(), word);
        return this;
    }

    /** Leaves out what another setting says, too. */
    Settings without(String setting) {
        remove(setting);
        return this;
    }

    private Setting remove(String setting) {
        Setting before = byName.remove(setting);
        if (before == null) {
            throw new IllegalArgumentException(builder.getSimpleName() + " has no " + setting);
        }
        return before;
    }

    // ---- looking

    /**
     * In the order in which they are to be said to the builder: first what is nested, since {@code ldap(...)} also sets what
     * another setting may say otherwise.
     */
    List<Setting> inOrder() {
        Map<Boolean, List<Setting>> nestedFirst =
                byName.values().stream().collect(Collectors.partitioningBy(Setting.Nested.class::isInstance));
        List<Setting> all = new ArrayList<>(nestedFirst.getOrDefault(true, List.of()));
        all.addAll(nestedFirst.getOrDefault(false, List.of()));
        return all;
    }

    Class<?> builder() {
        return builder;
    }

    /** The nested settings of this name. */
    Settings inner(String name) {
        Setting setting = byName.get(name);
        if (setting instanceof Setting.Nested nested) {
            return nested.inner();
        }
        if (setting instanceof Setting.Named named) {
            return named.inner();
        }
        throw new IllegalArgumentException(builder.getSimpleName() + " has nothing nested in " + name);
    }

    /** Methods whose parameters are no words, by name with the types of their parameters. */
    List<String> unsayable() {
        return unsayable.stream()
                .map(method -> method.getName()
                        + Arrays.stream(method.getParameterTypes())
                                .map(Class::getSimpleName)
                                .collect(Collectors.joining(", ", "(", ")")))
                .sorted()
                .toList();
    }
}
