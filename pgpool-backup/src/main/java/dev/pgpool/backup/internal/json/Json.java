package dev.pgpool.backup.internal.json;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import dev.pgpool.backup.catalog.BackupId;
import java.io.IOException;
import java.time.Instant;
import java.util.function.Function;

/** The JSON mapper of everything this module keeps or sends: records, with instants and ids as text. */
public final class Json {

    /** Safe for all threads. */
    public static final ObjectMapper MAPPER = JsonMapper.builder()
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .addModule(new SimpleModule()
                    .addSerializer(Instant.class, new AsText<>())
                    .addSerializer(BackupId.class, new AsText<>())
                    .addDeserializer(Instant.class, new FromText<>(Instant::parse))
                    .addDeserializer(BackupId.class, new FromText<>(BackupId::new)))
            .build();

    private Json() {}

    private static final class AsText<T> extends JsonSerializer<T> {
        @Override
        public void serialize(T value, JsonGenerator out, SerializerProvider provider) throws IOException {
            out.writeString(value.toString());
        }
    }

    private static final class FromText<T> extends JsonDeserializer<T> {
        private final Function<String, T> parse;

        FromText(Function<String, T> parse) {
            this.parse = parse;
        }

        @Override
        public T deserialize(JsonParser in, DeserializationContext context) throws IOException {
            String text = in.getText();
            try {
                return parse.apply(text);
            } catch (RuntimeException e) {
                throw new IOException("\"" + text + "\": " + e.getMessage(), e);
            }
        }
    }
}
