"""What most people serve a model with: Flask, a DataFrame and a DMatrix a request, on gunicorn's sync workers."""

from __future__ import annotations

import io
import os

import flask
import pandas as pd
import xgboost

app = flask.Flask(__name__)
booster = xgboost.Booster(model_file=os.environ["BENCH_MODEL"])


@app.get("/ping")
def ping() -> str:
    return ""


@app.post("/invocations")
def invocations() -> flask.Response:
    frame = pd.read_csv(io.StringIO(flask.request.data.decode()), header=None)
    predictions = booster.predict(xgboost.DMatrix(frame.to_numpy()))
    return flask.Response(pd.DataFrame(predictions).to_csv(header=False, index=False), mimetype="text/csv")
