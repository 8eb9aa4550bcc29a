import java.io.IOException;
import org.apache.http.client.methods.CloseableHttpResponse;
import org.apache.http.client.methods.HttpGet;
import org.apache.http.impl.client.CloseableHttpClient;
import org.apache.http.util.EntityUtils;

class StatusOf4 {
    static int statusOf(CloseableHttpClient client, String uri) throws IOException {
        try (CloseableHttpResponse response = client.execute(new HttpGet(uri))) {
            EntityUtils.consume(response.getEntity()); // close() alone drops the connection
            return response.getStatusLine().getStatusCode();
        }
    }
}
