from aiohttp import web

app = web.Application()

if __name__ == "__main__":
    web.run_app(app, port=8080, keepalive_timeout=120)  # default 75 s
