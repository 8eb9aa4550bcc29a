import requests
from requests.adapters import HTTPAdapter

session = requests.Session()
# Default 10 for each host; what is over is closed after use. With pool_block
# threads wait for a free connection and open no more.
session.mount("https://", HTTPAdapter(pool_maxsize=64, pool_block=True))
