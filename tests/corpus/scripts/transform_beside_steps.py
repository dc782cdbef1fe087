def transform_fn(model, body, content_type, accept):
    return body


def predict_fn(data, model):
    return data


def output_fn(prediction, accept):
    return b""
