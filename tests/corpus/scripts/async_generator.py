async def output_fn(prediction, accept):
    yield b""
