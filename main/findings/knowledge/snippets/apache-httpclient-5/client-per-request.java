import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClients;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.apache.hc.core5.util.TimeValue;

final class SharedClient5 {
    static final CloseableHttpClient CLIENT = HttpClients.custom()
            .setConnectionManager(PoolingHttpClientConnectionManagerBuilder.create()
                    .setMaxConnPerRoute(64) // default 5
                    .setMaxConnTotal(256) // default 25
                    .build())
            .evictIdleConnections(TimeValue.ofSeconds(30)) // below the server's timeout
            .build();
}
