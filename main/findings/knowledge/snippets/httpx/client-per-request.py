import httpx

# Once for the program; httpx.get() makes a client for each call.
limits = httpx.Limits(max_keepalive_connections=64, max_connections=128, keepalive_expiry=30)
client = httpx.Client(limits=limits, timeout=30)


def get(url: str) -> bytes:
    return client.get(url).content
