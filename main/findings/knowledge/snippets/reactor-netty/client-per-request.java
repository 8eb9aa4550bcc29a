import java.time.Duration;
import reactor.netty.http.client.HttpClient;
import reactor.netty.resources.ConnectionProvider;

final class SharedReactorClient {
    static final HttpClient CLIENT = HttpClient.create(ConnectionProvider.builder("shared")
            .maxConnections(64)
            .maxIdleTime(Duration.ofSeconds(50)) // default none; below the server's timeout
            .evictInBackground(Duration.ofSeconds(10))
            .lifo()
            .build());
}
