use std::time::Duration;

/// Once for the program; clones share the pool. `reqwest::get` makes a client for each call.
fn shared_client() -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder()
        .pool_max_idle_per_host(64)
        .pool_idle_timeout(Duration::from_secs(50)) // default 90 s; below the server's timeout
        .tcp_keepalive(Duration::from_secs(30))
        .build()
}
