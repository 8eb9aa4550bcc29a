import java.util.concurrent.TimeUnit;
import okhttp3.ConnectionPool;
import okhttp3.OkHttpClient;

final class SharedOkHttp {
    /** One for the whole program; vary it with newBuilder(), which keeps the pool. */
    static final OkHttpClient CLIENT = new OkHttpClient.Builder()
            .connectionPool(new ConnectionPool(64, 50, TimeUnit.SECONDS)) // default 5 idle in all, for 5 minutes
            .build();
}
