import java.io.IOException;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;

class StatusOfCall {
    static int statusOf(OkHttpClient client, String url) throws IOException {
        Request request = new Request.Builder().url(url).build();
        try (Response response = client.newCall(request).execute()) {
            response.body().bytes(); // close() alone reads on for 100 ms at most
            return response.code();
        }
    }
}
