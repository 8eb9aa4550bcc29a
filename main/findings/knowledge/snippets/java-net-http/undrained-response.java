import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;

class StatusOnly {
    static int statusOf(HttpClient client, URI uri) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(uri).build();
        // discarding() reads to the end; closing an InputStream early closes the connection.
        return client.send(request, BodyHandlers.discarding()).statusCode();
    }
}
