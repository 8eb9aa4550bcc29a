using System;
using System.Net.Http;

static class Shared
{
    // One for the whole program, or IHttpClientFactory. Disposing it closes its connections.
    public static readonly HttpClient Client = new(new SocketsHttpHandler
    {
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(50), // default 60 s; below the server's timeout
        PooledConnectionLifetime = TimeSpan.FromMinutes(15), // so that DNS changes are seen
        MaxConnectionsPerServer = 64, // default no limit
    });
}
