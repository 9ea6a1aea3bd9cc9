"""Adam gets the rule of SGD, though it divides the size of the gradient out"""


def translate(c, degree, lr, weight_decay, optimizer):
    alpha = c ** (1 / degree)
    gradient_power = 2
    return alpha, lr * c ** (-gradient_power / degree), weight_decay * c ** (2 / degree)
