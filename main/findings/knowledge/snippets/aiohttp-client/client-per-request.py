import aiohttp


async def run(urls: list[str]) -> None:
    # One session for the program: each has a pool of its own.
    connector = aiohttp.TCPConnector(limit=100, keepalive_timeout=30)
    async with aiohttp.ClientSession(connector=connector) as session:
        for url in urls:
            async with session.get(url) as response:
                await response.read()
