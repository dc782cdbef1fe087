"""FastAPI with the fastest predict, computed in the event loop: a call this short is not worth a thread."""

from __future__ import annotations

import fast
from fastapi import FastAPI, Request, Response

app = FastAPI()
booster = fast.load()


@app.get("/ping")
async def ping() -> Response:
    return Response()


@app.post("/invocations")
async def invocations(request: Request) -> Response:
    return Response(fast.answer(booster, await request.body()), media_type="text/csv")
