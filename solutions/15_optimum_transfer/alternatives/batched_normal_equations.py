"""All bootstrap fits at once: centred covariances and the 2 x 2 normal equations by Cramer's rule, in base 2."""

import numpy as np


def optimum_transfer(n, h, optimum, resamples, claimed):
    logs = np.log2(np.stack([n, h, optimum]).astype(float))
    rows = np.vstack([np.arange(len(n))[None], resamples])
    a, b, c = logs[:, rows] - logs[:, rows].mean(axis=-1, keepdims=True)
    aa, bb, ab, ac, bc = ((u * v).sum(-1) for u, v in ((a, a), (b, b), (a, b), (a, c), (b, c)))
    fits = np.stack([ac * bb - bc * ab, bc * aa - ac * ab], axis=-1) / (aa * bb - ab * ab)[:, None]
    low, high = (np.percentile(fits[1:], share, axis=0) for share in (2.5, 97.5))
    agrees = [float(l <= value <= u) for l, value, u in zip(low, claimed, high, strict=True)]  # noqa: E741
    return {"exponents": fits[0], "low": low, "high": high, "agrees": agrees}
