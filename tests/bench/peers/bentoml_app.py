"""A BentoML service of two workers, text in and text out, with the fastest predict."""

from __future__ import annotations

import bentoml
import fast


@bentoml.service(workers=2, traffic={"timeout": 30})
class Trees:
    def __init__(self) -> None:
        self.booster = fast.load()

    @bentoml.api(route="/invocations")
    async def invocations(self, body: str, /) -> str:
        return fast.answer(self.booster, body.encode()).decode()
