"""Only model_fn: its object predicts, as one of scikit-learn does."""

import numpy as np


class Sums:
    def predict(self, rows):
        return np.nansum(rows, axis=1)


def model_fn(model_dir):
    return Sums()
