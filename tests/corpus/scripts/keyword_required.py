def output_fn(prediction, accept, *, form):
    return b""
