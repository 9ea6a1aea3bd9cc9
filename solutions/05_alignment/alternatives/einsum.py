"""Masks as numbers and einsum for every sum, answers by name."""

import numpy as np


def alignment(X, y, W, v):
    class_sum = np.einsum("n,nd->d", (1 + y) / 2, X)
    predictor = np.einsum("h,hd->d", v * (v > 0), W)

    def cosine(U):
        lengths = np.sqrt(np.einsum("hd,hd->h", U, U) * (class_sum @ class_sum))
        return np.einsum("hd,d->h", U, class_sum) / lengths

    return {"psi": cosine(W), "predictor": predictor, "big_psi": cosine(predictor[None])[0]}
