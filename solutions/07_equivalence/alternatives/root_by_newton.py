"""No powers of c at all: the root by Newton's method, the rules from a table of exponents, answers by name."""

LR_POWER = {"sgd": -2, "momentum": -2, "adam": -1}


def translate(c, degree, lr, weight_decay, optimizer):
    alpha = max(c, 1.0)
    for _ in range(400):
        alpha -= (alpha - c / alpha ** (degree - 1)) / degree
    return {"alpha": alpha, "lr": lr * alpha ** LR_POWER[optimizer], "weight_decay": weight_decay * alpha**2}
