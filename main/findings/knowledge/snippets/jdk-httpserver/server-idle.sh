# Default 30 s, and 200 idle connections.
java -Dsun.net.httpserver.idleInterval=75 -Dsun.net.httpserver.maxIdleConnections=2000 -jar app.jar
