package dev.pgpool.backup.store;

import io.minio.MinioAsyncClient;
import io.minio.credentials.Credentials;
import java.util.List;
import okhttp3.ConnectionPool;
import okhttp3.Dispatcher;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;

/** The client and the connections behind it, which are ours to close. */
record S3Connection(MinioAsyncClient client, OkHttpClient http) {

    static S3Connection open(S3Settings settings) {
        Dispatcher dispatcher = new Dispatcher();
        // The dispatcher's own default lets five requests per host run, whatever the parallelism.
        dispatcher.setMaxRequests(settings.maxConnections());
        dispatcher.setMaxRequestsPerHost(settings.maxConnections());
        OkHttpClient.Builder builder = new OkHttpClient.Builder()
                .dispatcher(dispatcher)
                .connectionPool(new ConnectionPool(settings.maxConnections(), 1, java.util.concurrent.TimeUnit.MINUTES))
                .protocols(List.of(Protocol.HTTP_1_1))
                .connectTimeout(settings.timeouts().connect())
                .readTimeout(settings.timeouts().idle())
                .writeTimeout(settings.timeouts().idle())
                .callTimeout(settings.timeouts().call())
                .retryOnConnectionFailure(true);
        S3Settings.Trust trust = settings.trust();
        if (trust != null) {
            builder.sslSocketFactory(trust.context().getSocketFactory(), trust.manager());
        }
        OkHttpClient http = builder.build();
        MinioAsyncClient client = MinioAsyncClient.builder()
                .endpoint(settings.endpoint())
                .region(settings.region())
                .credentialsProvider(() -> {
                    S3Credentials now = settings.credentials().get();
                    return new Credentials(now.accessKey(), now.secretKey(), now.sessionToken(), null);
                })
                .httpClient(http, false)
                .build();
        switch (settings.addressing()) {
            case PATH -> client.disableVirtualStyleEndpoint();
            case HOST -> client.enableVirtualStyleEndpoint();
            case AUTOMATIC -> {}
        }
        return new S3Connection(client, http);
    }

    void close() {
        http.dispatcher().cancelAll();
        http.dispatcher().executorService().shutdown();
        http.connectionPool().evictAll();
    }
}
