import urllib3

# Once for the program. Default maxsize is 1 for each host; block makes threads wait.
pool = urllib3.PoolManager(maxsize=64, block=True)


def get(url: str) -> bytes:
    return pool.request("GET", url).data
