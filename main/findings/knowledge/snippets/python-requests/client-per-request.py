import requests
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

# Once for the program (or for each thread). requests.get() makes a session, and
# with it a connection, for each call.
session = requests.Session()
adapter = HTTPAdapter(pool_maxsize=64, pool_block=True, max_retries=Retry(total=3))
session.mount("https://", adapter)
session.mount("http://", adapter)


def get(url: str) -> bytes:
    return session.get(url, timeout=30).content
