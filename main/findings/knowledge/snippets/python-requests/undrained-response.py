import requests


def status_of(session: requests.Session, url: str) -> int:
    with session.get(url, stream=True, timeout=30) as response:
        response.raw.drain_conn()  # leaving the block with bytes unread closes the connection
        return response.status_code
