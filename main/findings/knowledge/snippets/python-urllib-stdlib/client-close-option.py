import http.client
from collections.abc import Iterable


def get_all(host: str, paths: Iterable[str]) -> list[bytes]:
    # urllib.request sends Connection: close with every request; http.client does not.
    connection = http.client.HTTPSConnection(host, timeout=30)
    bodies = []
    for path in paths:
        connection.request("GET", path)
        bodies.append(connection.getresponse().read())  # to the end, before the next request
    connection.close()
    return bodies
