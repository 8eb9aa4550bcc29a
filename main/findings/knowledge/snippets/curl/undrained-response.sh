# A reader that stops early (head -c, --max-filesize) makes curl close the connection.
# Ask for the part that is needed:
curl --silent --range 0-1023 https://api.example/large
