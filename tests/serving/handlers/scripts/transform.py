"""One function in the place of three steps."""


def model_fn(model_dir):
    return "model"


def transform_fn(model, body, content_type, accept):
    return {"model": model, "body": type(body).__name__, "content_type": content_type, "accept": accept}
