package dev.pgpool.certwatch.report;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import dev.pgpool.certwatch.finding.Finding;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The JSON forms of snapshots and reports. A value that is not known is left out. */
final class ReportJson {

    /** Only ASCII, since a terminal that shows JSON obeys control characters beyond it. */
    private static final JsonFactory FACTORY =
            JsonFactory.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();

    private ReportJson() {}

    @FunctionalInterface
    private interface Body {
        void write(JsonGenerator json) throws IOException;
    }

    /** One object. */
    static String write(CertSnapshot snapshot) {
        return text(json -> {
            json.writeStartObject();
            json.writeStringField("at", snapshot.at().toString());
            json.writeStringField("worst", snapshot.worst().name());
            json.writeArrayFieldStart("targets");
            for (CertReport report : snapshot.reports()) {
                report(json, report, snapshot.at());
            }
            json.writeEndArray();
            strings(json, "pending", snapshot.pending());
            json.writeEndObject();
        });
    }

    /** One object; remaining time is counted from an instant. */
    static String write(CertReport report, Instant at) {
        return text(json -> report(json, report, at));
    }

    private static String text(Body body) {
        StringWriter out = new StringWriter();
        try (JsonGenerator json = FACTORY.createGenerator(out)) {
            body.write(json);
        } catch (IOException e) {
            throw new UncheckedIOException("a StringWriter does not fail", e);
        }
        return out.toString();
    }

    private static void report(JsonGenerator json, CertReport report, Instant at) throws IOException {
        json.writeStartObject();
        json.writeStringField("target", report.target().name());
        labels(json, report.target().labels());
        json.writeStringField("level", report.level().name());
        json.writeBooleanField("success", report.success());
        json.writeStringField("checkedAt", report.checkedAt().toString());
        instant(json, "chainSeenAt", report.chainSeenAt());
        json.writeNumberField("durationMillis", report.duration().toMillis());
        json.writeNumberField("renewals", report.renewals());
        Duration remaining = report.remaining(at);
        if (remaining != null) {
            json.writeNumberField("remainingSeconds", remaining.toSeconds());
        }
        expiry(json, report.expiry());
        findings(json, "findings", report.findings());
        if (!report.muted().isEmpty()) {
            findings(json, "muted", report.muted());
        }
        json.writeArrayFieldStart("chain");
        for (CertificateFacts certificate : report.chain()) {
            certificate(json, certificate);
        }
        json.writeEndArray();
        json.writeArrayFieldStart("addresses");
        for (AddressResult address : report.addresses()) {
            address(json, address);
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    private static void labels(JsonGenerator json, Map<String, String> labels) throws IOException {
        if (!labels.isEmpty()) {
            json.writeObjectFieldStart("labels");
            for (Map.Entry<String, String> label : labels.entrySet()) {
                json.writeStringField(label.getKey(), label.getValue());
            }
            json.writeEndObject();
        }
    }

    private static void findings(JsonGenerator json, String name, List<Finding> findings) throws IOException {
        json.writeArrayFieldStart(name);
        for (Finding finding : findings) {
            finding(json, finding);
        }
        json.writeEndArray();
    }

    private static void expiry(JsonGenerator json, Expiry expiry) throws IOException {
        json.writeObjectFieldStart("expiry");
        instant(json, "effective", expiry.effective());
        instant(json, "leaf", expiry.leaf());
        instant(json, "served", expiry.served());
        instant(json, "verified", expiry.verified());
        instant(json, "verifiedIgnoringAnchor", expiry.verifiedIgnoringAnchor());
        instant(json, "anchor", expiry.anchor());
        instant(json, "notBefore", expiry.notBefore());
        OcspStaple staple = expiry.staple();
        if (staple != null) {
            json.writeObjectFieldStart("staple");
            json.writeStringField("status", staple.status());
            instant(json, "thisUpdate", staple.thisUpdate());
            instant(json, "nextUpdate", staple.nextUpdate());
            json.writeEndObject();
        }
        CertificateFacts responsible = expiry.responsible();
        if (responsible != null) {
            json.writeStringField("responsible", responsible.displayName());
        }
        json.writeEndObject();
    }

    private static void finding(JsonGenerator json, Finding finding) throws IOException {
        json.writeStartObject();
        json.writeStringField("code", finding.code().name());
        json.writeStringField("severity", finding.severity().name());
        json.writeStringField("message", finding.message());
        json.writeEndObject();
    }

    private static void certificate(JsonGenerator json, CertificateFacts certificate) throws IOException {
        json.writeStartObject();
        json.writeStringField("subject", certificate.subject());
        json.writeStringField("issuer", certificate.issuer());
        json.writeStringField("serial", certificate.serial());
        json.writeStringField("sha256", certificate.sha256());
        json.writeStringField("notBefore", certificate.notBefore().toString());
        json.writeStringField("notAfter", certificate.notAfter().toString());
        strings(json, "names", certificate.names());
        json.writeStringField("keyAlgorithm", certificate.keyAlgorithm());
        json.writeNumberField("keyBits", certificate.keyBits());
        json.writeStringField("signatureAlgorithm", certificate.signatureAlgorithm());
        json.writeEndObject();
    }

    private static void address(JsonGenerator json, AddressResult address) throws IOException {
        json.writeStartObject();
        json.writeStringField("address", address.address());
        string(json, "leafSha256", address.leafSha256());
        string(json, "keyAlgorithm", address.keyAlgorithm());
        string(json, "tlsVersion", address.tlsVersion());
        string(json, "cipher", address.cipher());
        json.writeNumberField("durationMillis", address.duration().toMillis());
        Finding failure = address.failure();
        if (failure != null) {
            json.writeFieldName("failure");
            finding(json, failure);
        }
        json.writeEndObject();
    }

    private static void strings(JsonGenerator json, String name, List<String> values) throws IOException {
        json.writeArrayFieldStart(name);
        for (String value : values) {
            json.writeString(value);
        }
        json.writeEndArray();
    }

    private static void string(JsonGenerator json, String name, @Nullable String value) throws IOException {
        if (value != null) {
            json.writeStringField(name, value);
        }
    }

    private static void instant(JsonGenerator json, String name, @Nullable Instant value) throws IOException {
        string(json, name, value == null ? null : value.toString());
    }
}
