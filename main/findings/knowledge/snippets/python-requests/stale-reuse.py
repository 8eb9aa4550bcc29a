import requests
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

# Idle connections are never closed by requests: a request may meet the server's
# close. Idempotent methods are then sent again.
session = requests.Session()
session.mount("https://", HTTPAdapter(max_retries=Retry(total=3, backoff_factor=0.2)))
