import org.springframework.web.reactive.function.client.WebClient;
import reactor.core.publisher.Mono;

class StatusOfExchange {
    static Mono<Integer> statusOf(WebClient client, String uri) {
        return client.get().uri(uri).exchangeToMono(response ->
                response.releaseBody().thenReturn(response.statusCode().value()));
    }
}
