"""Reference solution of exercise 07."""


def translate(c: float, degree: int, lr: float, weight_decay: float, optimizer: str) -> tuple[float, float, float]:
    alpha = c ** (1 / degree)
    gradient_power = 1 if optimizer == "adam" else 2
    return alpha, lr * c ** (-gradient_power / degree), weight_decay * c ** (2 / degree)
