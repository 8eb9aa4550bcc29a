import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.URL;

class StatusOf {
    static int statusOf(String url) throws IOException {
        HttpURLConnection connection = (HttpURLConnection) new URL(url).openConnection();
        int status = connection.getResponseCode();
        // Error bodies have a stream of their own. No disconnect(): it closes the socket.
        try (InputStream body = status >= 400 ? connection.getErrorStream() : connection.getInputStream()) {
            if (body != null) body.transferTo(OutputStream.nullOutputStream());
        }
        return status;
    }
}
