import aiohttp


async def status_of(session: aiohttp.ClientSession, url: str) -> int:
    async with session.get(url) as response:
        await response.read()  # leaving the block before the end closes the connection
        return response.status
