using System.IO;
using System.Net.Http;
using System.Threading.Tasks;

static class Status
{
    // Dispose reads on for 1 MiB or 2 s at most; beyond that it closes the connection.
    public static async Task<int> Of(HttpClient client, string url)
    {
        using var response = await client.GetAsync(url, HttpCompletionOption.ResponseHeadersRead);
        await response.Content.CopyToAsync(Stream.Null);
        return (int)response.StatusCode;
    }
}
