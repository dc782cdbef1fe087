"""Imports a module that lies beside it."""

from scaling import scale


def predict_fn(data, model):
    return scale(model.predict(data))
