"""Only predict_fn: the algorithm's own model, and bodies and answers by default."""


def predict_fn(data, model):
    return model.predict(data) * 2
