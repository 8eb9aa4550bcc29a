import urllib3


def status_of(pool: urllib3.PoolManager, url: str) -> int:
    response = pool.request("GET", url, preload_content=False)
    response.drain_conn()  # close() drops the connection, release_conn() leaves bytes in it
    response.release_conn()
    return response.status
