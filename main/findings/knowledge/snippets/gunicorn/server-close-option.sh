# The sync worker closes after each response; threads keep connections.
gunicorn --worker-class gthread --threads 8 --keep-alive 75 app:app
