import java.util.concurrent.TimeUnit;
import org.apache.http.impl.client.CloseableHttpClient;
import org.apache.http.impl.client.HttpClients;

final class SharedClient4 {
    static final CloseableHttpClient CLIENT = HttpClients.custom()
            .setMaxConnPerRoute(64) // default 2
            .setMaxConnTotal(256) // default 20
            .evictIdleConnections(30, TimeUnit.SECONDS) // below the server's timeout
            .build();
}
