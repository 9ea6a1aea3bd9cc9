"""Adam's learning rate is left alone, though its steps must be 1/alpha times as long"""


def translate(c, degree, lr, weight_decay, optimizer):
    alpha = c ** (1 / degree)
    gradient_power = 0 if optimizer == "adam" else 2
    return alpha, lr * c ** (-gradient_power / degree), weight_decay * c ** (2 / degree)
