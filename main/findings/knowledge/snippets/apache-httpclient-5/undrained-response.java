import java.io.IOException;
import org.apache.hc.client5.http.classic.methods.HttpGet;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.core5.http.io.entity.EntityUtils;

class StatusOf5 {
    static int statusOf(CloseableHttpClient client, String uri) throws IOException {
        // Up to 5.1 close() alone reads the rest and then closes the connection all the same.
        return client.execute(new HttpGet(uri), response -> {
            EntityUtils.consume(response.getEntity());
            return response.getCode();
        });
    }
}
