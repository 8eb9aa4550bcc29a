import java.net.http.HttpClient;
import java.time.Duration;

final class SharedClient {
    /** One for the whole program: each has a pool of its own. */
    static final HttpClient CLIENT = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(10))
            .build();
}
