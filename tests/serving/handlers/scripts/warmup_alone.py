"""Only what runs beside the algorithm's own model."""


def model_warmup_fn(model_dir, model):
    assert model.predict([0] * model.width).shape == (1,)
