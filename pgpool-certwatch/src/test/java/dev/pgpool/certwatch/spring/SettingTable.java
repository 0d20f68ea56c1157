package dev.pgpool.certwatch.spring;

import java.lang.reflect.Method;
import java.lang.reflect.Parameter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.springframework.util.unit.DataSize;

/** Every property that there is, flat. */
final class SettingTable {
    private final List<Property> properties = new ArrayList<>();

    /**
     * A property.
     *
     * @param name with {@code *} where names are chosen
     * @param type of its value
     * @param method that it stands for
     * @param together names of the properties that are given with it, itself among them
     */
    record Property(String name, Class<?> type, Method method, List<Property> together) {
        @Override
        public String toString() {
            return name;
        }
    }

    static List<Property> of(String prefix, Settings settings) {
        SettingTable table = new SettingTable();
        table.add(prefix, settings);
        return table.properties;
    }

    private void add(String at, Settings settings) {
        for (Setting setting : settings.inOrder()) {
            String name = at + "." + setting.name();
            if (setting instanceof Setting.One one) {
                alone(name, typeOf(one.parameter()), one.method());
            } else if (setting instanceof Setting.AtLeastOne list) {
                alone(name, list.parameter().getType(), list.method());
            } else if (setting instanceof Setting.Switch of) {
                alone(name, boolean.class, of.method());
            } else if (setting instanceof Setting.Several several) {
                several.methods().forEach(method -> together(name, List.of(method.getParameters()), method));
            } else if (setting instanceof Setting.Nested nested) {
                add(name, nested.inner());
            } else if (setting instanceof Setting.Named named) {
                add(name + ".*", named.inner());
            } else if (setting instanceof Setting.Keyed keyed) {
                if (keyed.values().size() == 1) {
                    alone(name + ".*", typeOf(keyed.values().get(0)), keyed.method());
                } else {
                    together(name + ".*", keyed.values(), keyed.method());
                }
            }
        }
    }

    private void alone(String name, Class<?> type, Method method) {
        properties.add(new Property(name, type, method, List.of()));
    }

    private void together(String name, List<Parameter> parameters, Method method) {
        List<Property> all = parameters.stream()
                .map(parameter -> new Property(
                        name + "." + Settings.kebab(parameter.getName()), typeOf(parameter), method, List.of()))
                .toList();
        all.forEach(one -> properties.add(new Property(one.name(), one.type(), method, all)));
    }

    private static Class<?> typeOf(Parameter parameter) {
        return PropertyReader.isBytes(parameter) ? DataSize.class : parameter.getType();
    }

    /** Texts of which one is not the default. */
    static List<String> samples(Class<?> type) {
        if (type.isArray()) {
            return samples(type.getComponentType());
        }
        if (type.isEnum()) {
            return List.of(type.getEnumConstants()).stream()
                    .map(constant -> ((Enum<?>) constant)
                            .name()
                            .toLowerCase(java.util.Locale.ROOT)
                            .replace('_', '-'))
                    .toList();
        }
        return Map.of(
                        "boolean", List.of("true", "false"),
                        "int", List.of("77"),
                        "long", List.of("77"),
                        "double", List.of("0.77"),
                        "Duration", List.of("77s"),
                        "DataSize", List.of("77KB"),
                        "ZoneId", List.of("Asia/Tokyo"))
                .getOrDefault(type.getSimpleName(), List.of("sample"));
    }
}
