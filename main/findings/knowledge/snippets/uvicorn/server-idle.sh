# Default 5 s; above the clients' and the balancer's.
uvicorn app:app --timeout-keep-alive 75
