"""The figure of the stability demo."""

import numpy as np

from fls_teach import plotting

from .claims import RATE_FROM, angle_left, angle_off, small_alphas


@plotting.styled
def plot(result):
    """Plot Psi after Phase 1 over time and against alpha, and the approach to the max-margin direction against eta.

    Parameters
    ----------
    result : Result

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure, axes = plotting.subplots(1, 3, size=(15.0, 4.8), width_ratios=(1.3, 1, 1))
    _over_time(axes[0], result)
    _against_alpha(axes[1], result)
    _towards_margin(axes[2], result)
    return figure


def _shown_alphas(result):
    """Return at most five of the alphas, from the largest to the smallest: index, colour and line style."""
    chosen = np.unique(np.linspace(0, len(result.arrays["log2_alpha"]) - 1, 5).round().astype(int))[::-1]
    colours = plotting.ORANGE, plotting.GREEN, plotting.SKY, plotting.BLUE, plotting.PURPLE
    return list(zip(chosen, colours, ("-", "--", "-.", "-", ":"), strict=False))


def _over_time(axis, result):
    arrays, risks = result.arrays, result.params["target_risks"]
    psi, begin = np.cos(angle_off(result)[0]), 0.1
    for k, colour, style in _shown_alphas(result):
        end, times = arrays["exit"][0, k], arrays["shown_times"][k]
        after = times > end + begin
        elapsed, course = np.append(begin, times[after] - end), np.append(psi[k, 0], arrays["shown_psi"][k, after])
        axis.semilogx(elapsed, course, style, color=colour, label=rf"$\alpha=2^{{{arrays['log2_alpha'][k]:g}}}$")
        axis.plot(begin, psi[k, 0], "D", color=colour, markersize=6, clip_on=False, zorder=4)
        axis.plot(arrays["stop"][0, k] - end, psi[k, 1:], "o", color=colour, zorder=4)
    for risk, time, height in zip(risks, arrays["stop"][0, 0] - arrays["exit"][0, 0], psi[0, 1:], strict=True):
        if abs(np.log10(risk) % 1 - 0.5) > 0.49:  # only powers of ten are labelled
            axis.annotate(rf"$\eta={_power(risk)}$", (time, height), (9, 3), textcoords="offset points", fontsize=9)
    axis.set(
        xlabel=r"time since the exit, $t-t_\alpha$ (mean reduction)",
        ylabel=r"alignment $\Psi$ of $w^+$ with $x_+$",
    )
    if np.isfinite(arrays["stop"][0, 0, -1]):  # else a run missed a target
        axis.set_xlim(begin, 15 * arrays["stop"][0, 0, -1])  # space for the last label
    axis.set_title("Phase 2 keeps the direction, nearly")
    axis.legend(
        loc="lower left", bbox_to_anchor=(0.12, 0), fontsize=9, title=r"$\diamond$ exit, $\bullet$ stops at $\eta$"
    )


def _against_alpha(axis, result):
    degrees = np.degrees(angle_off(result))
    alphas = 2.0 ** result.arrays["log2_alpha"]
    risks = result.params["target_risks"]
    axis.loglog(alphas, degrees[..., 0].mean(axis=0), "D--", color=plotting.INK, label=r"at the exit $t_\alpha$")
    # Grey, because colour means alpha in the neighbouring panel, and would mean eta in this one.
    shown = list(_some_risks(result.params))
    for k, marker in zip(shown, "os^v", strict=False):
        stopped = degrees[..., 1 + k].mean(axis=0)
        axis.loglog(alphas, stopped, "-", marker=marker, color=plotting.GREY)
        # Labels are below their lines, except for the uppermost one, because lines may be close together.
        below = 0 if k == shown[-1] else -19
        name, at = rf"$\eta={_power(risks[k])}$", (alphas[0], stopped[0])
        axis.annotate(name, at, (2, 6 + below), textcoords="offset points", fontsize=9)
    axis.plot([], [], "-", marker="o", color=plotting.GREY, label=r"at the stop, risk $\eta$")
    axis.set_xscale("log", base=2)
    axis.set(xlabel=r"initialisation scale $\alpha$", ylabel=r"mean angle of $w^+$ to $x_+$ (degrees)")
    top = degrees.mean(axis=0)
    axis.set_ylim(top=2 * top[np.isfinite(top)].max(initial=1e-3))
    axis.set_title("A smaller $\\alpha$ does not close the gap")
    axis.legend(loc="lower right", fontsize=9)


def _towards_margin(axis, result):
    left = angle_left(result)[:, small_alphas(result)].mean(axis=1)  # mean over alphas, which hardly differ
    risks = np.array(result.params["target_risks"])
    axis.semilogx(risks, 100 * left[:, 1:].T, color=plotting.SKY, linewidth=0.8, alpha=0.6)
    axis.plot([], [], color=plotting.SKY, linewidth=0.8, label=f"{len(left)} data sets")
    mean = left[:, 1:].mean(axis=0)
    axis.plot(risks, 100 * mean, "o", color=plotting.BLUE, label="mean", zorder=4)
    late = risks <= RATE_FROM
    if np.isfinite(mean[late]).all():
        slope, intercept = np.polyfit(-np.log(risks[late]), 1 / mean[late], 1)
        fitted = 100 / (intercept - slope * np.log(risks))
        axis.plot(risks, fitted, "--", color=plotting.INK, label=r"$1\,/\,(a+b\,\log 1/\eta)$")
    axis.invert_xaxis()
    axis.set(xlabel=r"target risk $\eta$ (nats)", ylabel="angle to the SVM direction left (%)", ylim=(0, 105))
    axis.set_title("It drifts to the max-margin direction")
    axis.legend(loc="lower left")


def _some_risks(params):
    """Return four of the target risks: the first, the usual, one between, the last."""
    usual, last = params["target_risks"].index(params["usual_risk"]), len(params["target_risks"]) - 1
    return np.unique([0, usual, (usual + last) // 2, last])


def _power(risk):
    exponent = np.log10(risk)
    return f"10^{{{round(exponent)}}}" if exponent < -2 and abs(exponent - round(exponent)) < 1e-9 else f"{risk:g}"
