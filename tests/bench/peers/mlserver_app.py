"""MLServer with a runtime of its own: the V2 protocol, JSON in and out, on two inference workers."""

from __future__ import annotations

import fast
from mlserver import MLModel
from mlserver.codecs import NumpyCodec
from mlserver.types import InferenceRequest, InferenceResponse


class Trees(MLModel):
    async def load(self) -> bool:
        self.booster = fast.load()
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        features = NumpyCodec.decode_input(payload.inputs[0])
        output = NumpyCodec.encode_output("score", fast.predict(self.booster, features.astype("float32")))
        return InferenceResponse(model_name=self.name, outputs=[output])
