def model_fn(model_dir):
    yield model_dir
