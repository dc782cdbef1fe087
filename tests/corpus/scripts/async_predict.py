async def predict_fn(data, model):
    return data
