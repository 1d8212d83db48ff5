"""Computes a recorded run of Misfit again, in NumPy, and compares.

    misfit record --samples 8 --out run.npz
    python3 tests/reference/recompute.py run.npz

Written from the equations that the program documents (src/export/npz.rs, src/neuron.rs,
src/host/backward.rs, src/host/loss.rs), not from its code: everything is dense, in float64, one
array operation for all samples, and the gradient is backpropagation through time with the full
products of matrices. Prints a table, then `ok`; leaves with status 1 if anything disagrees.
"""

import json
import sys

import numpy as np

V_TOLERANCE = 1e-4  # of the leak-to-threshold distance: float32 on the chip, float64 here
CODE_TOLERANCE = 1e-2  # LSB: a conversion nearer than this to the next code may fall on either side
RK4_STEPS = 20  # per chip step


# ---- the chip


def exact_flow(dt, tau_mem, tau_exc, tau_inh, tau_c, v_leak):
    """Solution of the linear equations over dt (Rotter & Diesmann 1999), as a function of (v, i_exc, i_inh)."""

    def response(tau_syn):  # of v to a current of 1, tau_mem != tau_syn
        equal = np.abs(tau_syn - tau_mem) < 1e-9 * tau_mem
        other = np.where(equal, 2 * tau_mem, tau_syn)
        unequal = tau_mem * other / (tau_c * (other - tau_mem)) * (np.exp(-dt / other) - np.exp(-dt / tau_mem))
        return np.where(equal, dt / tau_c * np.exp(-dt / tau_mem), unequal)

    from_exc, from_inh = response(tau_exc), response(tau_inh)

    def flow(v, i_exc, i_inh):
        v = v_leak + (v - v_leak) * np.exp(-dt / tau_mem) + from_exc * i_exc + from_inh * i_inh
        return v, i_exc * np.exp(-dt / tau_exc), i_inh * np.exp(-dt / tau_inh)

    return flow


def rk4_flow(dt, tau_mem, tau_exc, tau_inh, tau_c, v_leak):
    """The same by brute force: classical Runge-Kutta in small steps, knowing nothing but the equations."""

    def slope(v, e, i):
        return -(v - v_leak) / tau_mem + (e + i) / tau_c, -e / tau_exc, -i / tau_inh

    def flow(*y):
        h = dt / RK4_STEPS
        for _ in range(RK4_STEPS):
            k1 = slope(*y)
            k2 = slope(*(a + h / 2 * k for a, k in zip(y, k1)))
            k3 = slope(*(a + h / 2 * k for a, k in zip(y, k2)))
            k4 = slope(*(a + h * k for a, k in zip(y, k3)))
            y = tuple(a + h / 6 * (p + 2 * q + 2 * r + s) for a, p, q, r, s in zip(y, k1, k2, k3, k4))
        return y

    return flow


def dense(events, shape):
    """Counts of (sample, step, unit) events in an array [sample, step, unit]."""
    out = np.zeros(shape)
    np.add.at(out, tuple(np.asarray(events).T), 1)
    return out


def receive(run, i_exc, i_inh, counts, weights):
    """The currents after `counts` [sample, unit] events; weights [unit, neuron]."""
    limit = run["synaptic_saturation"] or np.inf
    i_exc = np.minimum(i_exc + counts @ np.maximum(weights, 0), limit)
    return i_exc, np.maximum(i_inh + counts @ np.minimum(weights, 0), -limit)


def within_rails(run, v):
    """Membranes end where the supply does."""
    if not run["rails"]:
        return v
    low, high = ((code - run["leak"]) / run["lsb_per_unit"] for code in (-run["rails"], 255 + run["rails"]))
    return np.clip(v, low, high)


def hidden_population(run, make_flow, admitted, recorded_spikes, jittered):
    """Voltages [sample, step, neuron], spikes, and how many threshold crossings were too close to call."""
    n_samples, n_steps, n = run["v_hidden"].shape
    flow = make_flow(
        run["dt_chip"], run["hidden_tau_mem"], run["hidden_tau_syn_exc"], run["hidden_tau_syn_inh"],
        run["nominal_tau_mem"], run["hidden_v_leak"],
    )
    weights, recurrent = run["effective_input"].astype(float), run["effective_recurrent"].astype(float)
    threshold = run["hidden_v_threshold"] + run["hidden_threshold_shift"]
    threshold = np.where(run["hidden_silent"], np.inf, threshold)
    v = np.tile(run["hidden_v_leak"], (n_samples, 1))
    i_exc, i_inh, held = np.zeros_like(v), np.zeros_like(v), np.zeros_like(v)
    voltages, spikes, close_calls = np.zeros((n_samples, n_steps, n)), np.zeros((n_samples, n_steps, n)), 0
    for k in range(n_steps):
        i_exc, i_inh = receive(run, i_exc, i_inh, admitted[:, k], weights)
        if recurrent.size and k > 0:
            # With jitter only the recording knows when a spike was delivered.
            delivered = recorded_spikes if jittered else spikes
            i_exc, i_inh = receive(run, i_exc, i_inh, delivered[:, k - 1], recurrent)
        v, i_exc, i_inh = flow(v, i_exc, i_inh)
        v = v + run["noise_v_hidden"][:, k]
        fires = (held == 0) & (v >= threshold)
        # Nearer to the threshold than float32 can tell, the chip decides; its decisions are counted.
        # With spike jitter the recording does not say when a neuron crossed: its reset does.
        decided = run["v_hidden"][:, k] == np.float32(run["hidden_v_reset"]) if jittered else recorded_spikes[:, k] > 0
        undecided = (held == 0) & (np.abs(v - threshold) < V_TOLERANCE) & (fires != decided)
        fires = np.where(undecided, decided, fires)
        close_calls += undecided.sum()
        v = within_rails(run, np.where(fires | (held > 0), run["hidden_v_reset"], v))
        held = np.where(fires, run["hidden_refractory_steps"], np.maximum(held - 1, 0))
        voltages[:, k], spikes[:, k] = v, fires
    return voltages, spikes, close_calls


def readout_population(run, make_flow, spikes):
    """Voltages [sample, step, neuron] of neurons without threshold; a spike of step k acts in step k + 1."""
    n_samples, n_steps, n = run["v_readout"].shape
    flow = make_flow(
        run["dt_chip"], run["readout_tau_mem"], run["readout_tau_syn_exc"], run["readout_tau_syn_inh"],
        run["nominal_tau_mem"], run["readout_v_leak"],
    )
    weights = run["effective_readout"].astype(float)
    v = np.tile(run["readout_v_leak"], (n_samples, 1))
    i_exc, i_inh = np.zeros_like(v), np.zeros_like(v)
    voltages = np.zeros((n_samples, n_steps, n))
    for k in range(n_steps):
        if k > 0:
            i_exc, i_inh = receive(run, i_exc, i_inh, spikes[:, k - 1], weights)
        v, i_exc, i_inh = flow(v, i_exc, i_inh)
        v = within_rails(run, v + run["noise_v_readout"][:, k])
        voltages[:, k] = v
    return voltages


def conversions(run, v, population):
    """Unrounded codes [sample, host step, neuron] in steps of the converter."""
    sampled = v[:, run["substeps"] - 1 :: run["substeps"]]
    lsb = (run["leak"] + run["lsb_per_unit"] * sampled) * run[f"{population}_cadc_gain"]
    lsb = lsb + run[f"{population}_cadc_offset"] + run[f"noise_cadc_{population}"]
    if population == "hidden":
        lsb = np.where(run["hidden_deaf"], 0, lsb)
    return lsb / run["cadc_step"]


def codes(run, x):
    return np.clip(np.rint(x), 0, 256 // run["cadc_step"] - 1) * run["cadc_step"]


# ---- the host


def membrane_from_codes(run, params, cadc):
    baseline = cadc[:, :1] if params["baseline_subtraction"] else run["leak"]
    return (cadc.astype(float) - baseline) / run["lsb_per_unit"]


def decode(params, u, z):
    """Scores [sample, readout] and ∂score/∂u [sample, step, readout]; z are spikes [sample, host step, neuron]."""
    n_samples, n_steps, n = u.shape
    if params["decoding"] == "mean_over_time":
        return u.mean(axis=1), np.full(u.shape, 1 / n_steps)
    scores, where = np.zeros((n_samples, n)), np.zeros(u.shape)
    for b in range(n_samples):
        active = z[b].sum(axis=1) > 0
        start = min(np.argmax(active) + 1, n_steps - 1) if active.any() else 0
        peak = start + u[b, start:].argmax(axis=0)
        scores[b] = u[b, peak, np.arange(n)]
        where[b, peak, np.arange(n)] = 1
    return scores, where


def losses(run, scores, labels):
    """Loss of each sample and ∂(mean loss)/∂score."""
    s, rho, (n_samples, n) = run["readout_scale"], run["readout_penalty"], scores.shape
    log_p = s * scores - np.log(np.exp(s * scores).sum(axis=1, keepdims=True))
    right = np.eye(n)[labels]
    loss = -(right * log_p).sum(axis=1) + rho * (scores**2).mean(axis=1)
    return loss, (s * (np.exp(log_p) - right) + 2 * rho * scores / n) / n_samples


def gradient(run, v, x, z, d_u):
    """∂(mean loss + penalties)/∂W, /∂R and /∂U: backward through time on the nominal model, recording injected."""
    dt = run["dt_chip"] * run["substeps"]
    tau_mem, tau_syn = run["nominal_tau_mem"], run["nominal_tau_syn"]
    alpha, beta = np.exp(-dt / tau_mem), np.exp(-dt / tau_syn)
    # What a current of 1 leaves on the membrane after dt.
    kappa = float(exact_flow(dt, *map(np.float64, (tau_mem, tau_syn, tau_syn, tau_mem, 0)))(0.0, 1.0, 0.0)[0])
    weights_readout, weights_recurrent = run["weights_readout"].astype(float), run["weights_recurrent"].astype(float)
    n_samples, n_steps, n_hidden = v.shape
    surrogate = 1 / (run["surrogate_slope"] * np.abs(v - 1) + 1) ** 2
    burst = 2 * run["burst_penalty"] * z.sum(axis=1) / (n_hidden * n_samples)
    excess = np.maximum(z.sum(axis=(1, 2)) - run["activity_limit"], 0)
    activity = 2 * run["activity_penalty"] * excess[:, None] / n_samples
    l_u, l_j = np.zeros((2, n_samples, d_u.shape[2]))
    l_v, l_i = np.zeros((2, n_samples, n_hidden))
    d_input, d_recurrent = np.zeros(run["weights_input"].shape), np.zeros(weights_recurrent.shape)
    d_readout = np.zeros(weights_readout.shape)
    for n in reversed(range(n_steps)):
        d_readout += z[:, n].T @ l_j  # l_j and l_i still belong to step n + 1
        delta_z = l_j @ weights_readout.T + burst + activity
        if weights_recurrent.size:
            d_recurrent += z[:, n].T @ l_i
            delta_z += l_i @ weights_recurrent.T
        l_v = surrogate[:, n] * delta_z + alpha * l_v
        l_i = kappa * l_v + beta * l_i
        d_input += x[:, n].T @ l_i
        l_u = d_u[:, n] + alpha * l_u
        l_j = kappa * l_u + beta * l_j
    return d_input, d_recurrent, d_readout


# ---- the comparison


class Report:
    """Rows of the table; remembers whether any was wrong."""

    def __init__(self):
        self.failed = False

    def row(self, what, value, demand, good):
        self.failed |= not good
        print(f"{what:<46} {value:>12} {demand:>22}  {'ok' if good else 'WRONG'}")

    def below(self, what, value, limit):
        self.row(what, f"{value:.3g}", f"below {limit:g}", bool(value < limit))

    def none_of(self, what, count, of):
        self.row(what, str(count), f"none of {of}", count == 0)

    def gradient(self, what, ours, theirs):
        theirs = theirs.astype(float)
        norm = np.linalg.norm(ours) * np.linalg.norm(theirs)
        if norm == 0:
            both = not ours.any() and not theirs.any()
            self.row(f"{what}: both zero", str(both), "True", both)
            return
        cosine = (ours * theirs).sum() / norm
        self.row(f"{what}: cosine", f"{cosine:.9f}", "above 0.9999", bool(cosine > 0.9999))
        difference = np.linalg.norm(ours - theirs) / np.linalg.norm(ours)
        self.below(f"{what}: difference", difference, 1e-4)


def main(path):
    with np.load(path) as archive:
        run = {name: archive[name] for name in archive.files}
    run = {name: array.item() if array.ndim == 0 else array for name, array in run.items()}
    params = json.loads(bytes(run["params_json"]))
    jittered = params["jitter_spike"] > 0
    n_samples, n_chip, n_hidden = run["v_hidden"].shape
    n_host, n_inputs = n_chip // run["substeps"], len(run["weights_input"])
    network = f"{n_inputs}-{n_hidden}-{run['v_readout'].shape[2]}, recurrence {params['recurrence']}"
    print(f"{params['task']}: {n_samples} samples, {network}, chip {params['chip']}, sigma {params['sigma']} %")
    print(f"{len(run['events_admitted'])} of {len(run['events_sent'])} events admitted, {len(run['spikes'])} hidden spikes")
    report = Report()

    # Weights: float to code, and code to analog weight where the synapses are nominal.
    top = 2 ** params["weight_bits"] - 1
    for name in ["input", "recurrent", "readout"]:
        if not run[f"weights_{name}"].size:
            continue
        per_code = run["weight_per_code_readout" if name == "readout" else "weight_per_code_input"]
        x = run[f"weights_{name}"] / per_code
        edge = np.abs(np.abs(x) % 1 - 0.5) < 1e-4
        ours = np.clip(np.sign(x) * np.floor(np.abs(x) + 0.5), -top, top)
        report.none_of(f"weight codes {name}: different", int(((ours != run[f"codes_{name}"]) & ~edge).sum()), x.size)
        if params["stuck_synapses"] == 0:
            wrong_sign = np.sign(run[f"effective_{name}"]) != np.sign(run[f"codes_{name}"])
            report.none_of(f"analog weights {name}: of another sign", int(wrong_sign.sum()), x.size)
        if all(params[key] in (0, "auto") for key in ["sigma", "sigma_gain", "sigma_weight", "sigma_driver", "stuck_synapses"]):
            nominal = run[f"codes_{name}"] * per_code
            report.below(f"analog weights {name}: off nominal by", np.abs(run[f"effective_{name}"] - nominal).max(), 1e-5)

    # The chip, twice: by the exact solution and by brute force.
    admitted = dense(run["events_admitted"], (n_samples, n_chip, n_inputs))
    recorded = dense(run["spikes"], (n_samples, n_chip, n_hidden))
    for method, make_flow in [("exact", exact_flow), ("RK4", rk4_flow)]:
        v, z, close_calls = hidden_population(run, make_flow, admitted, recorded, jittered)
        report.below(f"hidden voltages, {method}: largest difference", np.abs(v - run["v_hidden"]).max(), V_TOLERANCE)
        if jittered:
            # Spikes leave late: never before their neuron crossed, never more than crossed.
            early = np.cumsum(recorded, axis=1) > np.cumsum(z, axis=1)
            report.none_of(f"spikes, {method}: before their crossing", int(early.sum()), int(recorded.sum()))
        else:
            report.none_of(f"spikes, {method}: different", int((z != recorded).sum()), int(recorded.sum()))
        report.row(f"spikes, {method}: too close to call", str(close_calls), "below 1 in 1000", close_calls <= 1e-3 * recorded.sum())
        u = readout_population(run, make_flow, recorded if jittered else z)
        report.below(f"readout voltages, {method}: largest difference", np.abs(u - run["v_readout"]).max(), V_TOLERANCE)
        for population, voltages in [("hidden", v), ("readout", u)]:
            x = conversions(run, voltages, population)
            edge = np.abs((x + 0.5) - np.round(x + 0.5)) < CODE_TOLERANCE
            different = codes(run, x) != run[f"cadc_{population}"]
            report.none_of(f"codes {population}, {method}: different", int((different & ~edge).sum()), different.size)
            report.row(f"codes {population}, {method}: on the edge, different", str((different & edge).sum()), "below 1 in 1000", (different & edge).mean() < 1e-3)

    # The host, from what it saw.
    z = dense(run["spikes"] // [1, run["substeps"], 1], (n_samples, n_host, n_hidden))
    x = dense(run["events_sent"] // [1, run["substeps"], 1], (n_samples, n_host, n_inputs))
    u = membrane_from_codes(run, params, run["cadc_readout"])
    report.below("digitised readout: largest difference", np.abs(u - run["traces_readout"]).max(), 1e-5)
    scores, where = decode(params, u, z)
    report.below("scores: largest difference", np.abs(scores - run["scores"]).max(), 1e-5)
    loss, error = losses(run, scores, run["labels"])
    report.below("loss: largest difference", np.abs(loss - run["loss"]).max(), 1e-4)
    if params.get("gradient", "surrogate") == "surrogate":
        v = membrane_from_codes(run, params, run["cadc_hidden"])
        d_input, d_recurrent, d_readout = gradient(run, v, x, z, where * error[:, None])
        report.gradient("gradient input", d_input, run["gradient_input"])
        if d_recurrent.size:
            report.gradient("gradient recurrent", d_recurrent, run["gradient_recurrent"])
        report.gradient("gradient readout", d_readout, run["gradient_readout"])
    else:
        print("the gradient is that of EventProp, which is not recomputed here")

    if report.failed:
        sys.exit("the recording and its recomputation disagree")
    print("ok")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
