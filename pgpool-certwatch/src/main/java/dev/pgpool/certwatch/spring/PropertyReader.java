package dev.pgpool.certwatch.spring;

import java.lang.reflect.Array;
import java.lang.reflect.Parameter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.BindContext;
import org.springframework.boot.context.properties.bind.BindHandler;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.bind.UnboundConfigurationPropertiesException;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.convert.ApplicationConversionService;
import org.springframework.core.convert.ConversionException;
import org.springframework.core.env.Environment;
import org.springframework.util.unit.DataSize;

/**
 * Reads properties as calls of a builder's methods. Each value is bound by Boot's own binder, so names are relaxed, environment
 * variables count, placeholders are resolved and what can't be converted is told in Boot's words. It remembers which names it
 * has asked for: {@link #refuseUnknown} is about the others.
 *
 * <p>Nothing is called while it reads. Not thread-safe.
 */
final class PropertyReader {
    private static final String HIDDEN = "******";

    private final Binder binder;
    private final Names names;
    private final Set<ConfigurationPropertyName> known = new HashSet<>();
    private final Set<ConfigurationPropertyName> lists = new HashSet<>();

    PropertyReader(Environment environment) {
        this.binder = Binder.get(environment);
        this.names = new Names(environment);
    }

    /** The calls that the properties below a name are, none if there are none. */
    List<Call> read(ConfigurationPropertyName at, Settings settings) {
        List<Call> calls = new ArrayList<>();
        for (Setting setting : settings.inOrder()) {
            ConfigurationPropertyName name = at.append(setting.name());
            if (setting instanceof Setting.One one) {
                value(name, one.parameter()).ifPresent(value -> calls.add(Call.of(name, one.method(), value)));
            } else if (setting instanceof Setting.AtLeastOne list) {
                value(name, list.parameter()).ifPresent(values -> readAtLeastOne(name, list, values, calls));
            } else if (setting instanceof Setting.Switch of) {
                if (bind(name, Bindable.of(Boolean.class)).orElse(false)) {
                    calls.add(Call.of(name, of.method()));
                }
            } else if (setting instanceof Setting.Several several) {
                readSeveral(name, several, calls);
            } else if (setting instanceof Setting.Nested nested) {
                List<Call> inner = read(name, nested.inner());
                if (!inner.isEmpty()) {
                    calls.add(Call.of(name, nested.method(), allOf(inner)));
                }
            } else if (setting instanceof Setting.Word word) {
                bind(name, Bindable.of(String.class)).ifPresent(value -> calls.add(ofWord(name, word, value)));
            } else if (setting instanceof Setting.Named named) {
                readNamed(name, named, calls);
            } else if (setting instanceof Setting.Keyed keyed) {
                readKeyed(name, keyed, calls);
            }
        }
        return calls;
    }

    private static Call ofWord(ConfigurationPropertyName name, Setting.Word word, String value) {
        return builder -> {
            try {
                word.says().accept(builder, value);
            } catch (RuntimeException e) {
                throw new SettingException(name.toString(), String.valueOf(e.getMessage()), e);
            }
        };
    }

    private static Consumer<Object> allOf(List<Call> calls) {
        return builder -> calls.forEach(call -> call.on(builder));
    }

    private static void readAtLeastOne(
            ConfigurationPropertyName name, Setting.AtLeastOne list, Object values, List<Call> calls) {
        int length = Array.getLength(values);
        if (length == 0) {
            return;
        }
        Object more = Array.newInstance(values.getClass().getComponentType(), length - 1);
        System.arraycopy(values, 1, more, 0, length - 1);
        calls.add(Call.of(name, list.method(), Array.get(values, 0), more));
    }

    private void readNamed(ConfigurationPropertyName name, Setting.Named named, List<Call> calls) {
        names.below(name).forEach((entry, key) -> {
            // databases.app with nothing below and an empty value: all its defaults; another value is not known
            boolean bare =
                    binder.bind(entry, Bindable.of(String.class)).orElse("?").isEmpty();
            if (bare) {
                known.add(entry);
            }
            List<Call> inner = read(entry, named.inner());
            if (bare || !inner.isEmpty()) {
                calls.add(Call.of(entry, named.method(), key, allOf(inner)));
            }
        });
    }

    private void readKeyed(ConfigurationPropertyName name, Setting.Keyed keyed, List<Call> calls) {
        List<Parameter> parameters = keyed.values();
        names.below(name).forEach((entry, key) -> {
            if (parameters.size() == 1) {
                value(entry, parameters.get(0)).ifPresent(value -> {
                    Object typed = convert(entry, key, keyed.key().getType());
                    calls.add(Call.of(entry, keyed.method(), typed, value));
                });
                return;
            }
            Map<String, Object> given = given(entry, parameters);
            if (!given.isEmpty()) {
                List<Object> arguments = new ArrayList<>();
                arguments.add(convert(entry, key, keyed.key().getType()));
                arguments.addAll(all(entry, List.of(parameters), given));
                calls.add(Call.of(entry, keyed.method(), arguments.toArray()));
            }
        });
    }

    private void readSeveral(ConfigurationPropertyName name, Setting.Several several, List<Call> calls) {
        List<List<Parameter>> choices = several.methods().stream()
                .map(method -> List.of(method.getParameters()))
                .toList();
        Map<String, Object> given = new LinkedHashMap<>();
        choices.forEach(parameters -> given.putAll(given(name, parameters)));
        if (given.isEmpty()) {
            return;
        }
        for (int i = 0; i < choices.size(); i++) {
            Map<String, Object> completed = new LinkedHashMap<>(given);
            complete(name, choices.get(i), several.defaults(), completed);
            if (completed.keySet().equals(namesOf(choices.get(i)))) {
                calls.add(Call.of(
                        name,
                        several.methods().get(i),
                        choices.get(i).stream()
                                .map(parameter -> completed.get(Settings.kebab(parameter.getName())))
                                .toArray()));
                return;
            }
        }
        all(name, choices, given);
    }

    private void complete(
            ConfigurationPropertyName name,
            List<Parameter> parameters,
            Map<String, String> defaults,
            Map<String, Object> given) {
        for (Parameter parameter : parameters) {
            String called = Settings.kebab(parameter.getName());
            String value = defaults.get(called);
            if (value != null && !given.containsKey(called)) {
                given.put(called, convert(name.append(called), value, parameter.getType()));
            }
        }
    }

    /** The values of those parameters that have any. */
    private Map<String, Object> given(ConfigurationPropertyName name, List<Parameter> parameters) {
        Map<String, Object> given = new LinkedHashMap<>();
        for (Parameter parameter : parameters) {
            String called = Settings.kebab(parameter.getName());
            value(name.append(called), parameter).ifPresent(value -> given.put(called, value));
        }
        return given;
    }

    private static Set<String> namesOf(List<Parameter> parameters) {
        Set<String> called = new TreeSet<>();
        parameters.forEach(parameter -> called.add(Settings.kebab(parameter.getName())));
        return called;
    }

    /** The values of all parameters of the only choice; if one is missing, or there is no such choice, that is said. */
    private static List<Object> all(
            ConfigurationPropertyName name, List<List<Parameter>> choices, Map<String, Object> given) {
        if (choices.size() == 1 && given.keySet().equals(namesOf(choices.get(0)))) {
            return choices.get(0).stream()
                    .map(parameter -> given.get(Settings.kebab(parameter.getName())))
                    .toList();
        }
        String expected = String.join(
                ", or ",
                choices.stream()
                        .map(choice -> String.join(" and ", namesOf(choice)))
                        .toList());
        throw new SettingException(
                name.toString(), "only " + String.join(", ", given.keySet()) + " (expected: " + expected + ")", null);
    }

    // ---- values

    private Optional<Object> value(ConfigurationPropertyName name, Parameter parameter) {
        Class<?> type = parameter.getType();
        if (type.isArray()) {
            lists.add(name);
        }
        if (isBytes(parameter)) {
            return bind(name, Bindable.of(DataSize.class))
                    .map(size -> type == int.class ? (Object) Math.toIntExact(size.toBytes()) : size.toBytes());
        }
        return bind(name, Bindable.of(type)).map(Object.class::cast);
    }

    /** Sizes may have a unit: {@code 64KB}. */
    static boolean isBytes(Parameter parameter) {
        return parameter.getName().equals("bytes") && parameter.getType().isPrimitive();
    }

    private <T> Optional<T> bind(ConfigurationPropertyName name, Bindable<T> as) {
        known.add(name);
        return Optional.ofNullable(binder.bind(name, as).orElse(null));
    }

    private static Object convert(ConfigurationPropertyName name, String text, Class<?> type) {
        try {
            Object value = ApplicationConversionService.getSharedInstance().convert(text, type);
            if (value != null) {
                return value;
            }
        } catch (ConversionException e) {
            // said below
        }
        String expected = type.isEnum()
                ? "one of " + Arrays.toString(type.getEnumConstants()).toLowerCase(Locale.ROOT)
                : type.getSimpleName();
        throw new InvalidConfigurationPropertyValueException(name.toString(), text, "Expected: " + expected + ".");
    }

    // ---- names

    /**
     * Fails for properties below a name that nothing was read of, as Boot does for classes of properties.
     *
     * @param reserved names below which there are properties of others
     */
    void refuseUnknown(ConfigurationPropertyName at, Class<?> builder, List<ConfigurationPropertyName> reserved) {
        List<ConfigurationProperty> unknown = names.unknown(at, name -> isKnown(name, reserved));
        if (unknown.isEmpty()) {
            return;
        }
        Set<ConfigurationProperty> shown = new TreeSet<>();
        unknown.forEach(property -> shown.add(
                Names.isSecretive(property.getName())
                        ? new ConfigurationProperty(property.getName(), HIDDEN, property.getOrigin())
                        : property));
        // thrown within a binding, since Boot's analyzer wants to know of what
        binder.bind(at, Bindable.of(builder), new BindHandler() {
            @Override
            public <T> @Nullable Bindable<T> onStart(
                    ConfigurationPropertyName name, Bindable<T> target, BindContext context) {
                throw new UnboundConfigurationPropertiesException(shown);
            }
        });
    }

    private boolean isKnown(ConfigurationPropertyName name, List<ConfigurationPropertyName> reserved) {
        return known.contains(name)
                || (name.isLastElementIndexed() && lists.contains(name.getParent()))
                || reserved.stream().anyMatch(of -> of.equals(name) || of.isAncestorOf(name));
    }
}
