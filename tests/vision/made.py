"""Images that tests make."""

import torch

from fls_teach.vision.data.dataset import Images


def images(n, seed, size=8, n_classes=3):
    """Noise around one random image a class: easy, but not at once."""
    draw = torch.Generator().manual_seed(0)
    centres = torch.randn(n_classes, 3, size, size, generator=draw)
    draw.manual_seed(seed)
    labels = torch.randint(0, n_classes, (n,), generator=draw)
    pixels = 128 + 25 * centres[labels] + 30 * torch.randn(n, 3, size, size, generator=draw)
    return Images(pixels.clamp(0, 255).to(torch.uint8), labels, n_classes)
