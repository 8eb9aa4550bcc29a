use std::time::Duration;

/// The header timeout also covers the wait for the next request; it needs a timer.
fn http1() -> hyper::server::conn::http1::Builder {
    let mut builder = hyper::server::conn::http1::Builder::new();
    builder
        .timer(hyper_util::rt::TokioTimer::new())
        .header_read_timeout(Duration::from_secs(75));
    builder
}
