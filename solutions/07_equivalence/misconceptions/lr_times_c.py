"""the learning rate is translated the wrong way round"""


def translate(c, degree, lr, weight_decay, optimizer):
    alpha = c ** (1 / degree)
    gradient_power = 1 if optimizer == "adam" else 2
    return alpha, lr * c ** (gradient_power / degree), weight_decay * c ** (2 / degree)
