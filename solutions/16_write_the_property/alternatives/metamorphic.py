"""No oracle: known answers on axes, then what scaling, negating, permuting and adding may and may not change."""

import numpy as np


def questions(seed):
    rng = np.random.default_rng(seed)
    asked = []
    for h, d in [(3, 4), (4, 3), (4, 4), (1, 2), (2, 1)]:
        W, direction = rng.standard_normal((h, d)), rng.standard_normal(d)
        basis, signed = np.eye(d), -np.eye(d)
        asked += [
            (W, direction),
            (1e-5 * W, 1e-5 * direction),
            (3e3 * W, direction),
            (W, 2e3 * direction),
            (-W, direction),
            (W[::-1].copy(), direction),
            (basis, direction),
            (np.concatenate([basis, signed]), basis[0]),
        ]
    return asked


def verdict(asked, answers):
    near = lambda a, b: np.allclose(a, b, rtol=0, atol=1e-5)  # noqa: E731
    if any(np.shape(a) != (len(W),) or not np.isfinite(a).all() for (W, _), a in zip(asked, answers, strict=True)):
        return False
    for k in range(0, len(asked), 8):
        psi, small, large, long, negated, reversed_, cosines, axes = answers[k : k + 8]
        W, direction = asked[k]
        d = direction.size
        expected = np.zeros(2 * d)
        expected[0], expected[d] = 1, -1
        same = near(psi, small) and near(psi, large) and near(psi, long) and near(psi, -negated)
        # On the axes the answers are the direction's cosines; psi then is linear in the unit neuron.
        linear = near(np.sum(cosines**2), 1) and np.all(cosines * direction >= 0)
        linear = linear and near(psi, W @ cosines / np.sqrt((W**2).sum(1)))
        if not (same and near(psi[::-1], reversed_) and near(axes, expected) and linear):
            return False
    return True
