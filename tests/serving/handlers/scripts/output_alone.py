"""Only output_fn."""


def output_fn(prediction, accept):
    return b"%d rows" % len(prediction), "text/plain"
