"""Gradient flow from a balanced start: every run with its own clock and step, all of them in one batch."""

from collections import namedtuple

import numpy as np

from .. import validation
from ..alignment import neuron_alignment
from ..mixture import class_sum
from ..network import Loss, training_arguments
from .step import TINY, State, locate, trial_step

MAX_EVALUATIONS, EVALUATIONS_A_STEP = 20_000, 3
SPENT = f"{MAX_EVALUATIONS:,} evaluations are spent at t = {{time:.6g}} and risk {{risk:.4g}}"
# A run that in 200 steps neither grows a neuron by 5% nor lowers its risk by 1e-4 would need millions.
STALL_STEPS, STALL_GROWTH, STALL_FALL = 200, 0.05, 1e-4
IDLE = "risk {risk:.4g} no longer falls: in 200 steps no neuron grew by 5%; the target {target:g} is out of reach"
# Numbers (n x h) a stage touches at once: enough to amortise numpy's call overhead, few enough for the cache.
STAGE_SIZE = 40_000


class Trajectory(namedtuple("Trajectory", "times W risk norms alignments")):
    """One recorded run: its start, the end of every step, and its end.

    Attributes
    ----------
    times : ndarray (T,)
    W : ndarray (T, h, d)
    risk : ndarray (T,)
        Training risk, in nats.
    norms : ndarray (T, h)
        |w_j|.
    alignments : ndarray (T, h)
        psi_j, cosine of w_j with the class sum x_+; NaN without positive examples.
    """


class Flow(namedtuple("Flow", "W v time stopping_time risk status reason n_evaluations trajectory")):
    """Finished runs of `gradient_flow`; without a batch axis every entry loses its first axis.

    Attributes
    ----------
    W, v : ndarray (B, h, d), (B, h)
        Weights where the run ended.
    time : ndarray (B,)
        When it ended.
    stopping_time : ndarray (B,)
        t_eta, first time with risk <= target; NaN unless the status is "reached".
    risk : ndarray (B,)
        Training risk where it ended, in nats.
    status : ndarray (B,) of str
        "reached", "t_max", "stalled" or "diverged".
    reason : ndarray (B,) of str
        The status in words.
    n_evaluations : ndarray (B,) of int
        Velocity evaluations spent, rejected steps included.
    trajectory : list of B Trajectory, or None
    """


def gradient_flow(
    X, y, W, signs, *, target_risk=None, t_max=None, reduction="mean", output_multiplier=1.0, lr_multiplier=1.0,
    rtol=2e-5, record=None, centred=False,
):  # fmt: skip
    """Follow gradient flow of the risk of c f until it reaches the target, or until `t_max`.

    Parameters
    ----------
    X : array_like (n, d) or (B, n, d)
        Inputs, shared or one set for each run.
    y : array_like (n,) or (B, n)
        Labels -1 and +1.
    W : array_like (h, d) or (B, h, d)
        First layer at time 0; the second is `second_layer(W, signs)`.
    signs : array_like (h,) or (B, h)
    target_risk : float, optional
        eta > 0, in nats and in the given reduction; the run ends when the training risk has fallen to it.
    t_max : float, optional
        Time > 0 at which to end at the latest. One of the two must be given.
    reduction : {"mean", "sum"}
    output_multiplier : float
        c > 0, inside the loss.
    lr_multiplier : float
        > 0; multiplies the velocity.
    rtol : float
        Local error allowed to a step, relative to each neuron's norm and to 1 + max |c f|; 1e-9 to 1e-2.
    record : bool, optional
        Keep the trajectory of every run: steps x h x d numbers each.
    centred : bool
        Train f - f0, with f0 the outputs of each run's start on its X: every risk here is then that of c (f - f0).

    Returns
    -------
    Flow

    Raises
    ------
    ValueError
        For NaN, shapes that do not belong together, labels or signs other than -1 and +1, a number out of range,
        or neither `target_risk` nor `t_max`.

    Notes
    -----
    A run that cannot reach its target ends by itself, "stalled", with the reason and after at most 20,000 evaluations.
    Measured against solve_ivp at rtol 1e-9 (preset separable): W and stopping time within 1e-3 for alpha up to 8.
    Beyond, where last digits of large outputs decide, W stays within 2e-3 but the stopping time only within 11%.
    A run gives the same bits in any batch. Where a neuron starts next to a separatrix between dying and growing, `rtol`
    decides its fate, and no tolerance makes the run accurate (3 of 1,024 in benchmarks/flow.py).

    Examples
    --------
    >>> from fls_teach.theory import GaussianMixture, balanced_init
    >>> X, y = GaussianMixture(2.5, n_features=20).sample(10, 0, separable=True)
    >>> flow = gradient_flow(X, y, *balanced_init(50, 20, 0.25, 0), target_risk=0.05)
    >>> str(flow.status), round(float(flow.risk), 12)
    ('reached', 0.05)
    """
    X, y, W, signs, leading = training_arguments(X, y, W, validation.signs("signs", signs), "signs")
    if len(leading) > 1:
        raise ValueError(f"leading batch axes are {leading}; wanted at most one")
    if target_risk is None and t_max is None:
        raise ValueError("target_risk and t_max are both None; wanted at least one, or the flow never ends")
    target = 0.0 if target_risk is None else validation.number("target_risk", target_risk, above=0)
    t_max = np.inf if t_max is None else validation.number("t_max", t_max, above=0)
    rtol = validation.number("rtol", rtol, at_least=1e-9, at_most=1e-2)
    centred = validation.flag("centred", centred)
    loss = Loss(reduction, output_multiplier, lr_multiplier)
    runs = leading or (1,)
    X, y, W, signs = (np.broadcast_to(a, runs + a.shape[-k:]) for a, k in ((X, 2), (y, 1), (W, 2), (signs, 1)))
    with np.errstate(all="ignore"):  # a run that leaves float64 ends as "diverged", and says so
        flow = _Runs(loss, X, y, W, signs, target, t_max, rtol, record, centred).finish()
    return flow if leading else Flow(*(None if entry is None else entry[0] for entry in flow))


class _Runs:
    """The book of all runs. The live ones advance together; one that ends gives its place to the next."""

    def __init__(self, loss, X, y, W, signs, target, t_max, rtol, record, centred):
        self.loss, self.X, self.y, self.signs, self.W = loss, X, y, signs, W.copy()
        self.target, self.t_max, self.rtol = target, t_max, rtol
        size = len(W)
        self.places = max(1, STAGE_SIZE // (X.shape[1] * W.shape[1]))
        # The outputs to subtract: zeros, or those of the start, which `enter` writes here.
        self.centred, self.f0 = centred, np.zeros(y.shape)
        self.time, self.risk, self.evaluations = np.zeros(size), np.full(size, np.nan), np.ones(size, dtype=int)
        self.status, self.reason = np.full(size, "", dtype="U8"), np.full(size, "", dtype=object)
        # The step that crossed the target: its length, and W before it.
        self.last_length, self.last_W = np.zeros(size), W.copy()
        # The stall watch: what a run was like at its last mark, and how many steps ago that was.
        self.mark_norms, self.mark_risk = np.linalg.norm(W, axis=-1), np.full(size, np.inf)
        self.mark_time, self.mark_age = np.zeros(size), np.zeros(size, dtype=int)
        self.points = [[] for _ in range(size)] if record else None

    def finish(self):
        """Advance every run to its end."""
        live, waiting = np.split(np.arange(len(self.W)), [self.places])
        state, length = self.enter(live)
        while len(live):
            over = np.flatnonzero(self.end(live, state, length))
            if len(over):
                new, waiting = np.split(waiting, [len(over)])
                if len(new):
                    place = over[: len(new)]
                    live[place] = new
                    newcomers, length[place] = self.enter(new)
                    state.put(place, newcomers)
                stay = np.delete(np.arange(len(live)), over[len(new) :])
                live, state, length = live[stay], state.take(stay), length[stay]
                continue  # a newcomer may be over before its first step
            length = np.minimum(length, self.t_max - self.time[live])
            W, excess = trial_step(state, self.loss, length, self.rtol)
            after = state.at(W, self.loss)
            good = (excess <= 1) & np.isfinite(after.risk)
            self.enter_steps(live, state, after, length, good)
            after.put(~good, state.take(~good))
            state = after
            length = length * np.nan_to_num(np.clip(0.9 / np.maximum(excess, 0.1), 0.2, 5.0), nan=0.2)
        return self.results()

    def enter(self, runs):
        """State and first step length of runs at time 0."""
        X = self.X[runs]
        state = State(X, self.y[runs], X @ X.swapaxes(1, 2), self.signs[runs], self.f0[runs])
        state = state.at(self.W[runs], self.loss)
        if self.centred:
            self.f0[runs] = state.f
            state = state._replace(f0=state.f).at(state.W, self.loss)
        self.mark_risk[runs] = state.risk
        self.enter_points(runs, state, np.ones(len(runs), dtype=bool))
        return state, 0.05 / state.pace(self.loss)

    def enter_steps(self, live, before, after, length, good):
        """Enter one trial of every live run, of which some are good."""
        self.evaluations[live] += EVALUATIONS_A_STEP
        self.time[live] += np.where(good, length, 0.0)
        self.mark_age[live] += good
        crossed = good & (after.risk <= self.target)
        self.last_W[live[crossed]], self.last_length[live[crossed]] = before.W[crossed], length[crossed]
        self.enter_points(live, after, good)

    def enter_points(self, live, state, good):
        """Enter where the good runs are into the record, when there is one."""
        for k in np.flatnonzero(good) if self.points else ():
            self.points[live[k]].append((self.time[live[k]], state.W[k].copy(), state.risk[k]))

    def end(self, live, state, length):
        """Close the book of the live runs that are over; returns which (b,)."""
        frozen = ~((state.Z > 0).any(axis=1) & (state.v != 0)).any(axis=1) | ~(state.pace(self.loss) > 0)
        if np.isfinite(self.t_max):
            self.time[live[frozen]] = self.t_max
        time = self.time[live]
        in_range = np.isfinite(state.risk) & np.isfinite(state.K).all(axis=(1, 2)) & (time + length > time)
        endings = (
            (state.risk <= self.target, "reached", "risk fell to the target {target:g} at t = {time:.6g}"),
            (time >= self.t_max, "t_max", "t_max = {time:g} came at risk {risk:.4g}"),
            (frozen, "stalled", "nothing moves, no living neuron is active on an example that pulls; risk {risk:.4g}"),
            (~in_range, "diverged", "the run left the range of float64 at t = {time:.6g}"),
            (self.evaluations[live] + EVALUATIONS_A_STEP > MAX_EVALUATIONS, "stalled", SPENT),
            (self.idle(live, state), "stalled", IDLE),
        )
        over = np.zeros(len(live), dtype=bool)
        for which, status, words in endings:
            runs = live[which & ~over]
            self.W[runs], self.risk[runs] = state.W[which & ~over], state.risk[which & ~over]
            self.status[runs], self.reason[runs] = status, words
            over |= which
        return over

    def idle(self, live, state):
        """Which live runs (b,) made no progress towards the target since their last mark; moves the marks due."""
        idle, due = np.zeros(len(live), dtype=bool), self.mark_age[live] >= STALL_STEPS
        runs, norms, risk = live[due], np.abs(state.v[due]), state.risk[due]
        if self.target and len(runs):
            # Growth that only keeps pace with the logarithm of time, as after the fit, leads nowhere.
            since = np.where(self.mark_time[runs] > 0, self.time[runs] / self.mark_time[runs], 1.0)
            growth = np.log(np.maximum(norms, TINY) / np.maximum(self.mark_norms[runs], TINY)).max(axis=1)
            grew = growth > STALL_GROWTH * np.maximum(np.log(since), 1.0)
            idle[due] = ~grew & ~(risk < (1 - STALL_FALL) * self.mark_risk[runs])
            self.mark_norms[runs], self.mark_risk[runs], self.mark_time[runs] = norms, risk, self.time[runs]
            self.mark_age[runs] = 0
        return idle

    def results(self):
        """Put the runs that crossed the target back to where they crossed it, and hand everything over."""
        crossed = np.flatnonzero(self.last_length)
        for first in range(0, len(crossed), self.places):
            runs = crossed[first : first + self.places]
            X, length = self.X[runs], self.last_length[runs]
            data = State(
                X, self.y[runs], X[:, :, :1], self.signs[runs], self.f0[runs]
            )  # a Gram matrix is of no use here
            before, after = data.at(self.last_W[runs], self.loss), data.at(self.W[runs], self.loss)
            fraction, state = locate(before, after, self.loss, length, self.target)
            self.W[runs], self.risk[runs] = state.W, state.risk
            self.time[runs] -= (1 - fraction) * length
        book = zip(self.reason, self.time, self.risk, strict=True)
        words = [text.format(target=self.target, time=time, risk=risk) for text, time, risk in book]
        # So small that squares underflow: as silent as a neuron of size 0, and no function here takes another.
        self.W[np.abs(self.W).max(axis=-1) < validation.SMALLEST_NORM] = 0
        v = self.signs * np.linalg.norm(self.W, axis=-1)
        stopping_time = np.where(self.status == "reached", self.time, np.nan)
        record = [self.trajectory(run) for run in range(len(self.W))] if self.points else None
        end = self.W, v, self.time, stopping_time, self.risk, self.status, np.array(words)
        return Flow(*end, self.evaluations, record)

    def trajectory(self, run):
        """The recorded run, its last point where the run ended."""
        points = [point for point in self.points[run] if point[0] < self.time[run]]
        points.append((self.time[run], self.W[run], self.risk[run]))
        times, W, risk = (np.array(column) for column in zip(*points, strict=True))
        toward = class_sum(self.X[run], self.y[run])
        psi = neuron_alignment(W, toward) if toward.any() else np.full(W.shape[:2], np.nan)
        return Trajectory(times, W, risk, np.linalg.norm(W, axis=-1), psi)
