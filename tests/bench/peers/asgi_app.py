"""A bare ASGI callable on uvicorn: the floor of what a Python framework on asyncio could reach."""

from __future__ import annotations

from typing import Any

import fast

booster = fast.load()


async def app(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] != "http":
        return
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    content = fast.answer(booster, body) if scope["path"] == "/invocations" else b""
    headers = [(b"content-type", b"text/csv"), (b"content-length", b"%d" % len(content))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": content})
