package dev.pgpool.certwatch.notify;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import dev.pgpool.certwatch.event.Notice;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.stream.Collectors;

/** The JSON form of notices: one line of text for chat systems, and each notice with its report for programs. */
final class NoticeJson {

    /** Only ASCII, since a terminal that shows JSON obeys control characters beyond it. */
    private static final JsonFactory FACTORY =
            JsonFactory.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();

    private NoticeJson() {}

    /** One object with all notices. */
    static String write(List<Notice> notices) {
        StringWriter out = new StringWriter();
        try (JsonGenerator json = FACTORY.createGenerator(out)) {
            json.writeStartObject();
            json.writeStringField("text", notices.stream().map(Notice::text).collect(Collectors.joining("\n")));
            json.writeArrayFieldStart("notices");
            for (Notice notice : notices) {
                notice(json, notice);
            }
            json.writeEndArray();
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException("a StringWriter does not fail", e);
        }
        return out.toString();
    }

    private static void notice(JsonGenerator json, Notice notice) throws IOException {
        json.writeStartObject();
        json.writeStringField("kind", notice.kind().name());
        json.writeStringField("from", notice.from().name());
        json.writeStringField("to", notice.to().name());
        json.writeStringField("at", notice.at().toString());
        json.writeStringField("text", notice.text());
        json.writeFieldName("report");
        json.writeRawValue(notice.report().toJson(notice.at()));
        json.writeEndObject();
    }
}
