"""momentum gets the rule of Adam, though it does not divide the size of the gradient out"""


def translate(c, degree, lr, weight_decay, optimizer):
    alpha = c ** (1 / degree)
    gradient_power = 2 if optimizer == "sgd" else 1
    return alpha, lr * c ** (-gradient_power / degree), weight_decay * c ** (2 / degree)
