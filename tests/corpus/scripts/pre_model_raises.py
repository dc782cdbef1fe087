def pre_model_fn(model_dir):
    return {}["MODE"]
