/// Dropping a response unread keeps the connection only if its rest has already arrived.
async fn status_of(client: &reqwest::Client, url: &str) -> reqwest::Result<u16> {
    let response = client.get(url).send().await?;
    let status = response.status().as_u16();
    response.bytes().await?;
    Ok(status)
}
