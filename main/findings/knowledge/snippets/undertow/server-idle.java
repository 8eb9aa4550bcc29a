import io.undertow.Undertow;
import io.undertow.UndertowOptions;

class IdleUndertow {
    static Undertow.Builder builder() {
        return Undertow.builder()
                .addHttpListener(8080, "0.0.0.0")
                .setServerOption(UndertowOptions.NO_REQUEST_TIMEOUT, 75_000); // milliseconds; default 60 s
    }
}
