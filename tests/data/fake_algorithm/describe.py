"""Prints metric definitions as `IMAGE hyperparameters` does."""

import json

print(json.dumps({"MetricDefinitions": [{"Name": "train:rmse", "Regex": ".*\\[[0-9]+\\]#011train-rmse:(\\S+)"}]}))
