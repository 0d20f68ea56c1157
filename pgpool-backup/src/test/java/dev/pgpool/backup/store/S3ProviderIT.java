package dev.pgpool.backup.store;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.pgpool.backup.fixture.DiscardingS3;
import dev.pgpool.backup.fixture.S3ProviderMain;
import dev.pgpool.backup.fixture.S3Server;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Credentials from where the MinIO SDK's providers find them, in a process that has nothing else. */
class S3ProviderIT {

    private final String bucket = S3Server.shared().newBucket();

    @TempDir
    Path home;

    @Test
    void keysComeFromVariables() throws Exception {
        assertThat(run(Map.of("AWS_ACCESS_KEY_ID", S3Server.ACCESS, "AWS_SECRET_ACCESS_KEY", S3Server.SECRET)))
                .isEqualTo("stored");
        assertThat(run(Map.of("MINIO_ACCESS_KEY", S3Server.ACCESS, "MINIO_SECRET_KEY", S3Server.SECRET)))
                .isEqualTo("stored");
    }

    @Test
    void keysComeFromFiles() throws Exception {
        Path file = home.resolve("credentials");
        Files.writeString(
                file,
                "[default]\naws_access_key_id = x\naws_secret_access_key = y\n[backup]\naws_access_key_id = "
                        + S3Server.ACCESS + "\naws_secret_access_key = " + S3Server.SECRET + "\n");
        assertThat(run(Map.of("AWS_SHARED_CREDENTIALS_FILE", file.toString(), "AWS_PROFILE", "backup")))
                .isEqualTo("stored");
    }

    @Test
    void keysComeFromTheRoleOfTheContainer() throws Exception {
        HttpServer metadata = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        metadata.createContext("/", exchange -> {
            byte[] answer = ("{\"Code\":\"Success\",\"AccessKeyId\":\"" + S3Server.ACCESS + "\",\"SecretAccessKey\":\""
                            + S3Server.SECRET + "\",\"Expiration\":\""
                            + Instant.now().plusSeconds(3600) + "\"}")
                    .getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, answer.length);
            exchange.getResponseBody().write(answer);
            exchange.close();
        });
        metadata.start();
        try {
            assertThat(run(Map.of(
                            "AWS_CONTAINER_CREDENTIALS_FULL_URI",
                            "http://127.0.0.1:" + metadata.getAddress().getPort() + "/role")))
                    .isEqualTo("stored");
        } finally {
            metadata.stop(0);
        }
    }

    /** As Amazon's EKS gives it to a service account, and MinIO to a tenant's. */
    @Test
    void keysComeFromAWebIdentity() throws Exception {
        Path token = Files.writeString(home.resolve("token"), "eyJ.the+token/=\n");
        List<String> asked = new CopyOnWriteArrayList<>();
        HttpServer sts = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        sts.createContext("/", exchange -> {
            String query = String.valueOf(exchange.getRequestURI().getRawQuery())
                    + new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            asked.add(query);
            boolean known = query.contains("WebIdentityToken=eyJ.the%2Btoken%2F%3D");
            byte[] answer = (known
                            ? "<AssumeRoleWithWebIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleWithWebIdentityResult>"
                                    + "<Credentials><AccessKeyId>" + S3Server.ACCESS + "</AccessKeyId><SecretAccessKey>"
                                    + S3Server.SECRET
                                    + "</SecretAccessKey><SessionToken>session</SessionToken><Expiration>"
                                    + Instant.now().plusSeconds(3600).truncatedTo(ChronoUnit.SECONDS)
                                    + "</Expiration></Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>"
                            : "<ErrorResponse><Error><Code>InvalidIdentityToken</Code></Error></ErrorResponse>")
                    .getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(known ? 200 : 400, answer.length);
            exchange.getResponseBody().write(answer);
            exchange.close();
        });
        sts.start();
        try {
            Map<String, String> environment = Map.of(
                    "AWS_WEB_IDENTITY_TOKEN_FILE",
                    token.toString(),
                    "AWS_ROLE_ARN",
                    "arn:aws:iam::1:role/backup",
                    "AWS_ROLE_SESSION_NAME",
                    "night",
                    "AWS_ENDPOINT_URL_STS",
                    "http://127.0.0.1:" + sts.getAddress().getPort());
            // s3proxy knows no keys of a session, so this server only looks at what it is shown.
            try (DiscardingS3 s3 = new DiscardingS3(1e12)) {
                assertThat(run(environment, s3.url())).isEqualTo("stored");
                assertThat(s3.heads())
                        .anySatisfy(head -> assertThat(head)
                                .containsIgnoringCase("x-amz-security-token: session")
                                .contains("Credential=" + S3Server.ACCESS + "/"));
            }
            assertThat(asked)
                    .singleElement()
                    .asString()
                    .contains("Action=AssumeRoleWithWebIdentity", "role%2Fbackup", "RoleSessionName=night");
            Files.writeString(token, "expired");
            assertThat(run(environment)).startsWith("DENIED ").contains("IAM: ").doesNotContain("expired");
            Files.delete(token);
            assertThat(run(environment)).startsWith("DENIED ").contains("IAM: ");
        } finally {
            sts.stop(0);
        }
    }

    @Test
    void whereNothingIsFoundEachPlaceIsNamed() throws Exception {
        assertThat(run(Map.of("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:1/role")))
                .startsWith("DENIED ")
                .contains("no credentials found", "AWS_ENVIRONMENT: ", "AWS_FILE: ", "IAM: ");
    }

    private String run(Map<String, String> environment) throws IOException, InterruptedException {
        return run(environment, S3Server.shared().url());
    }

    private String run(Map<String, String> environment, String endpoint) throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m",
                "-Dlog.level=OFF",
                "-Duser.home=" + home,
                "-cp",
                System.getProperty("java.class.path"),
                S3ProviderMain.class.getName(),
                endpoint,
                bucket);
        builder.environment().clear();
        builder.environment().putAll(environment);
        builder.environment().put("HOME", home.toString());
        Process process = builder.redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        return said.strip().lines().reduce((first, second) -> second).orElse("");
    }
}
