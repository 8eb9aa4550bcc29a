# All in one process: the connection is kept between them.
curl --silent --output /dev/null https://api.example/a --output /dev/null https://api.example/b

# Or a list, also with several transfers at once.
curl --silent --parallel --config urls.txt
