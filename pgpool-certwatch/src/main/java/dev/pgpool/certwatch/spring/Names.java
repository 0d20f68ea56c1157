package dev.pgpool.certwatch.spring;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName.Form;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.context.properties.source.IterableConfigurationPropertySource;
import org.springframework.boot.context.properties.source.UnboundElementsSourceFilter;
import org.springframework.core.env.Environment;
import org.springframework.core.env.PropertySource;
import org.springframework.core.env.SystemEnvironmentPropertySource;

/** The names of an environment's properties, in whichever spelling: what Boot's own binder doesn't tell. */
final class Names {
    /** Names that may be those of a secret, also where they are misspelt. */
    private static final String SECRETIVE = ".*(pas|pw|secret|key|token|cred|auth).*";

    private final List<IterableConfigurationPropertySource> sources;

    Names(Environment environment) {
        this.sources = StreamSupport.stream(
                        ConfigurationPropertySources.get(environment).spliterator(), false)
                .filter(IterableConfigurationPropertySource.class::isInstance)
                .map(IterableConfigurationPropertySource.class::cast)
                .toList();
    }

    /**
     * The names directly below a name, with how they are written. Where an environment variable and a file mean the same, it is
     * written as in the file: variables have neither small letters nor hyphens.
     */
    Map<ConfigurationPropertyName, String> below(ConfigurationPropertyName name) {
        Map<ConfigurationPropertyName, String> below = new LinkedHashMap<>();
        names(source -> !isSystemEnvironment(source), name).forEach(found -> put(below, name, found));
        names(Names::isSystemEnvironment, name).forEach(found -> put(below, name, found));
        return below;
    }

    private static void put(
            Map<ConfigurationPropertyName, String> below,
            ConfigurationPropertyName name,
            ConfigurationPropertyName found) {
        int index = name.getNumberOfElements();
        below.putIfAbsent(found.chop(index + 1), found.getElement(index, Form.ORIGINAL));
    }

    /** Whether there is any property below a name. */
    boolean anyBelow(ConfigurationPropertyName name) {
        return names(source -> true, name).findAny().isPresent();
    }

    /**
     * The properties below a name for which a test fails, but for those of the process's environment: they may be meant for
     * others.
     */
    List<ConfigurationProperty> unknown(ConfigurationPropertyName name, Predicate<ConfigurationPropertyName> isKnown) {
        UnboundElementsSourceFilter counts = new UnboundElementsSourceFilter();
        Map<ConfigurationPropertyName, ConfigurationProperty> unknown = new TreeMap<>();
        for (IterableConfigurationPropertySource source : sources) {
            if (counts.apply(source)) {
                source.stream()
                        .filter(found -> name.isAncestorOf(found) && !isKnown.test(found))
                        .forEach(found -> unknown.computeIfAbsent(found, source::getConfigurationProperty));
            }
        }
        return List.copyOf(unknown.values());
    }

    /** The properties below a name whose last element is one of these, each once. */
    List<ConfigurationProperty> endingWith(ConfigurationPropertyName name, Set<String> last) {
        Map<ConfigurationPropertyName, ConfigurationProperty> ending = new TreeMap<>();
        for (IterableConfigurationPropertySource source : sources) {
            source.stream()
                    .filter(found -> name.isAncestorOf(found) && last.contains(found.getLastElement(Form.UNIFORM)))
                    .forEach(found -> ending.computeIfAbsent(found, source::getConfigurationProperty));
        }
        return List.copyOf(ending.values());
    }

    /** Whether the value of a property of this name may be a secret, and is not shown. */
    static boolean isSecretive(ConfigurationPropertyName name) {
        return name.toString().replace("-", "").matches(SECRETIVE);
    }

    private Stream<ConfigurationPropertyName> names(
            Predicate<ConfigurationPropertySource> where, ConfigurationPropertyName below) {
        return sources.stream()
                .filter(where)
                .flatMap(IterableConfigurationPropertySource::stream)
                .filter(below::isAncestorOf);
    }

    private static boolean isSystemEnvironment(ConfigurationPropertySource source) {
        Object underlying = source.getUnderlyingSource();
        return underlying instanceof SystemEnvironmentPropertySource
                || (underlying instanceof PropertySource<?> named
                        && named.getName().endsWith("systemEnvironment"));
    }
}
