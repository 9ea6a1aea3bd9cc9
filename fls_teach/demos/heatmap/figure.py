"""The figure of the heatmap demo."""

from fls_teach.demos.images.sweep_figure import sweep_figure


def plot(result):
    """Accuracy over (c, learning rate), and against c at the best rate."""
    a, p = result.arrays, result.params
    what = f"latent images of dimension {p['dimension']}" if p["data"] == "latent" else p["data"]
    title = f"{p['model']}, width {p['width']}: {p['n']:,} {what}"
    return sweep_figure(a["log2_c"], a["lr"], a["peak"], a["status"], title, f"{p['target']:.0%} training accuracy")
