model_fn = 3
