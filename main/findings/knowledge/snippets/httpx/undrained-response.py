import httpx


def status_of(client: httpx.Client, url: str) -> int:
    with client.stream("GET", url) as response:
        response.read()  # leaving the block before the end closes the connection
        return response.status_code
