package dev.pgpool.certwatch.spring;

import java.lang.reflect.Array;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;

/** What a property says to a builder. */
@FunctionalInterface
interface Call {

    /** Calls the builder's method; what the builder does not accept is told as a problem of the property. */
    void on(Object builder);

    static Call of(ConfigurationPropertyName property, Method method, Object... arguments) {
        return builder -> {
            try {
                method.invoke(builder, arguments);
            } catch (InvocationTargetException e) {
                throw refused(property, arguments, e.getCause());
            } catch (IllegalAccessException e) {
                throw new IllegalStateException(method + " can't be called", e);
            }
        };
    }

    private static RuntimeException refused(
            ConfigurationPropertyName property, Object[] arguments, @Nullable Throwable cause) {
        if (cause instanceof Error error) {
            throw error;
        }
        boolean isTold = cause instanceof SettingException
                || cause instanceof InvalidConfigurationPropertyValueException
                || !(cause instanceof IllegalArgumentException);
        if (isTold && cause instanceof RuntimeException again) {
            return again;
        }
        String why = cause == null ? "" : String.valueOf(cause.getMessage());
        boolean isValue = arguments.length == 1 && !(arguments[0] instanceof Consumer);
        return isValue && !Names.isSecretive(property)
                ? new InvalidConfigurationPropertyValueException(property.toString(), text(arguments[0]), why)
                : new SettingException(property.toString(), why, cause);
    }

    private static Object text(Object value) {
        if (!value.getClass().isArray()) {
            return value;
        }
        List<Object> elements = new ArrayList<>();
        for (int i = 0; i < Array.getLength(value); i++) {
            elements.add(Array.get(value, i));
        }
        return elements;
    }
}
