"""The training steps that `compare.py` measures, each in its framework: a function of a `Task` that gives the step.

A step returns its loss. Packages other than PyTorch are imported by the function that needs them.
"""

from dataclasses import dataclass
from functools import partial

import numpy as np
import torch

# Per-step decays of synapse and membrane: forward Euler with a time constant of 6 steps, as Norse integrates.
A = B = 1 - 1 / 6
SLOPE, RATE, BETA1, BETA2, EPS = 5.0, 1e-3, 0.9, 0.999, 1e-8


@dataclass
class Task:
    """Sizes (compared with what `misfit bench` says) and a batch: one spike per input in the first two thirds."""

    name: str
    inputs: int
    hidden: int
    recurrent: bool
    readout: int
    steps: int
    gain: float
    batch: int = 100

    def __post_init__(self):
        random = np.random.default_rng(1)
        x = np.zeros((self.steps, self.batch, self.inputs), np.float32)
        at = random.integers(0, self.steps * 2 // 3, (self.batch, self.inputs))
        x[at, np.arange(self.batch)[:, None], np.arange(self.inputs)] = 1
        self.x, self.labels = torch.tensor(x), torch.tensor(random.integers(0, self.readout, self.batch))
        shapes = [(self.inputs, self.hidden), (self.hidden, self.readout)] + [(self.hidden,) * 2] * self.recurrent
        gains = [self.gain, 0.3, 0.1]
        self.initial = [random.normal(0, gain, shape).astype(np.float32) for gain, shape in zip(gains, shapes)]

    def weights(self):
        """[inputs, hidden], [hidden, readout] and, if recurrent, [hidden, hidden]."""
        return [torch.tensor(weight, requires_grad=True) for weight in self.initial]

    def loss(self, out):
        """Cross entropy of the readout [steps, batch, readout]."""
        score = out.mean(0) if self.recurrent else out.max(0).values
        return torch.nn.functional.cross_entropy(score, self.labels)


TASKS = [
    partial(Task, "P", 256, 246, False, 10, 100, 0.23),
    partial(Task, "S", 70, 186, True, 20, 200, 0.42),
    partial(Task, "Y", 5, 120, False, 3, 100, 0.97),
]


class SuperSpike(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return (x > 0).to(x.dtype)

    @staticmethod
    def backward(ctx, grad):
        (x,) = ctx.saved_tensors
        return grad / (1 + SLOPE * x.abs()) ** 2


def lif(drive, current, v, s, recurrent=None):
    """Spikes for input [steps, batch, hidden], then the states."""
    spikes = []
    for now in drive.unbind(0):  # an index instead would have a gradient as large as all time steps
        current = A * current + (now if recurrent is None else now + s @ recurrent)
        v = B * v + (1 - B) * current
        s = SuperSpike.apply(v - 1)
        v = v * (1 - s.detach())
        spikes.append(s)
    return torch.stack(spikes), current, v, s


def leaky(drive, current, v):
    """Membranes of a leaky readout for input [steps, batch, readout], then the states."""
    out = []
    for now in drive.unbind(0):
        current = A * current + now
        v = B * v + (1 - B) * current
        out.append(v)
    return torch.stack(out), current, v


def scan(layer, drive, states, *weights, chunk=None):
    """A layer over time, `chunk` steps at a time."""
    out, states = [], [torch.zeros_like(drive[0])] * states
    for part in drive.split(chunk or len(drive)):
        now, *states = layer(part, *states, *weights)
        out.append(now)
    return torch.cat(out)


def run(task, weights, hidden=lif, readout=leaky, chunk=None):
    """Spikes and readout of the plain loop; all projections without recurrence as one product."""
    spikes = scan(hidden, task.x @ weights[0], 3, *weights[2:], chunk=chunk)
    return spikes, scan(readout, spikes @ weights[1], 2, chunk=chunk)


def stepper(parameters, loss_of):
    """A training step of a PyTorch model with autograd."""
    adam = torch.optim.Adam(parameters, lr=RATE)

    def step():
        adam.zero_grad()
        loss = loss_of()
        loss.backward()
        adam.step()
        return loss.detach()

    return step


def torch_loop(task):
    weights = task.weights()
    return stepper(weights, lambda: task.loss(run(task, weights)[1]))


def torch_compiled(task):
    """Compiled in parts of 10 time steps: for all of them the compiler takes minutes."""
    weights, (hidden, readout) = task.weights(), (torch.compile(layer, dynamic=False) for layer in (lif, leaky))
    return stepper(weights, lambda: task.loss(run(task, weights, hidden, readout, chunk=10)[1]))


class Expert:
    """Without autograd, and every array of the hidden layer is made once and written in place."""

    def __init__(self, task):
        self.task, self.weights = task, task.weights()
        rows = task.x.reshape(-1, task.inputs)
        self.x, self.x_t = rows.to_sparse_csr(), rows.t().to_sparse_csr()  # 1 % is not 0
        self.arrays = [torch.empty(task.steps, task.batch, task.hidden) for _ in range(4)]
        self.state = torch.empty(task.batch, task.hidden)
        # Synapse and membrane of the readout as one lower-triangular matrix over time.
        lag = torch.arange(task.steps)[:, None] - torch.arange(task.steps)
        synapse, membrane = (torch.where(lag >= 0, decay ** lag.clamp(min=0), 0) for decay in (A, B))
        self.kernel = (1 - B) * membrane @ synapse
        for weight in self.weights:
            weight.grad = torch.zeros_like(weight)
        self.adam = torch.optim.Adam(self.weights, lr=RATE, fused=True)

    def __call__(self):
        loss = self.gradient()
        self.adam.step()
        return loss

    @torch.no_grad()
    def gradient(self):
        """Writes the gradients of the weights and returns the loss."""
        task, state, (current, v, spikes, back) = self.task, self.state, self.arrays
        to_hidden, to_readout, *recurrent = self.weights
        rows = task.steps * task.batch
        torch.mm(self.x, to_hidden, out=current.view(rows, -1))
        state.zero_()
        for t in range(task.steps):
            if t:
                current[t].add_(current[t - 1], alpha=A)
                if recurrent:
                    current[t].addmm_(spikes[t - 1], recurrent[0])
            torch.lerp(state, current[t], 1 - B, out=v[t])
            torch.gt(v[t], 1, out=spikes[t])
            torch.addcmul(v[t], v[t], spikes[t], value=-1, out=state)
        flat = spikes.view(rows, -1)
        out = (self.kernel @ (flat @ to_readout).view(task.steps, -1)).view(task.steps, task.batch, -1)

        score, at = (out.mean(0), None) if task.recurrent else out.max(0)
        logs, each = torch.log_softmax(score, 1), torch.arange(task.batch)
        grad = logs.exp() / task.batch
        grad[each, task.labels] -= 1 / task.batch
        if at is None:
            d_out = (grad / task.steps).expand_as(out)
        else:
            d_out = torch.zeros_like(out).scatter_(0, at[None], grad[None])
        d_out = (self.kernel.t() @ d_out.reshape(task.steps, -1)).view(rows, -1)
        torch.mm(flat.t(), d_out, out=to_readout.grad)
        torch.mm(d_out, to_readout.t(), out=back.view(rows, -1))

        # `state` becomes the adjoint of the membrane; that of the synapse, over 1 - B, overwrites `current`.
        state.zero_()
        for t in reversed(range(task.steps)):
            last = t + 1 == task.steps
            if recurrent and not last:
                back[t].addmm_(current[t + 1], recurrent[0].t(), alpha=1 - B)
            slope = v[t].sub_(1).abs_().mul_(SLOPE).add_(1).square_()
            state.addcmul_(state, spikes[t], value=-1).mul_(B).addcdiv_(back[t], slope)
            torch.add(state, state if last else current[t + 1], alpha=0 if last else A, out=current[t])
        torch.mm(self.x_t, current.view(rows, -1), out=to_hidden.grad).mul_(1 - B)
        if recurrent:
            earlier, later = flat[: -task.batch], current[1:].view(-1, task.hidden)
            torch.mm(earlier.t(), later, out=recurrent[0].grad).mul_(1 - B)
        return -logs[each, task.labels].mean()


def check_expert():
    """The gradient written by hand against autograd of the plain loop."""
    for recurrent in (False, True):
        task = Task("check", 20, 30, recurrent, 4, 40, 2.0, batch=8)
        expert, weights = Expert(task), task.weights()
        spikes, out = run(task, weights)
        assert spikes.sum() > 100, "the network of the check is silent"
        task.loss(out).backward()
        expert.gradient()
        for mine, theirs in zip(expert.weights, weights):
            cosine = torch.cosine_similarity(mine.grad.flatten(), theirs.grad.flatten(), dim=0)
            assert cosine > 0.999, f"the expert's gradient points elsewhere: cosine {cosine:.4f}"
            assert abs(mine.grad.norm() / theirs.grad.norm() - 1) < 1e-3, "the expert's gradient is scaled"


def linear(weight, scale=1.0):
    """A layer without bias that multiplies by `weight` [from, to]."""
    layer = torch.nn.Linear(*weight.shape, bias=False)
    layer.weight.data = torch.tensor(weight.T * scale).contiguous()
    return layer


def norse(task):
    import norse.torch as norse

    dt, (to_hidden, to_readout, *recurrent) = 1e-3, task.initial
    inverse = {"tau_syn_inv": torch.tensor((1 - A) / dt), "tau_mem_inv": torch.tensor((1 - B) / dt)}
    p = norse.LIFParameters(**inverse, method="super", alpha=torch.tensor(SLOPE))
    if recurrent:
        given = {"input_weights": torch.tensor(to_hidden.T), "recurrent_weights": torch.tensor(recurrent[0].T)}
        hidden = [norse.LIFRecurrentCell(task.inputs, task.hidden, p, autapses=True, **given)]
    else:
        hidden = [linear(to_hidden), norse.LIFCell(p)]
    net = norse.SequentialState(*hidden, linear(to_readout), norse.LICell(norse.LIParameters(**inverse)))

    def loss_of():
        state, out = None, []
        for x in task.x:
            v, state = net(x, state)
            out.append(v)
        return task.loss(torch.stack(out))

    return stepper(net.parameters(), loss_of)


def snntorch(task):
    import snntorch
    from snntorch.surrogate import fast_sigmoid

    # Its membrane adds the whole current: the factor 1 - B goes into the weights.
    layers = torch.nn.ModuleList(linear(weight, 1 - B) for weight in task.initial)
    hidden = snntorch.Synaptic(A, B, spike_grad=fast_sigmoid(SLOPE), reset_mechanism="zero", reset_delay=False)
    readout = snntorch.Synaptic(A, B, spike_grad=fast_sigmoid(SLOPE), reset_mechanism="none")

    def loss_of():
        (syn, mem), (syn_out, mem_out) = hidden.reset_mem(), readout.reset_mem()
        spikes, out = torch.zeros(task.batch, task.hidden), []
        for drive in layers[0](task.x).unbind(0):
            spikes, syn, mem = hidden(drive + layers[2](spikes) if task.recurrent else drive, syn, mem)
            _, syn_out, mem_out = readout(layers[1](spikes), syn_out, mem_out)
            out.append(mem_out)
        return task.loss(torch.stack(out))

    return stepper(layers.parameters(), loss_of)


def spikingjelly(task):
    from spikingjelly.activation_based import functional, layer, neuron, surrogate

    hidden = neuron.CUBALIFNode(A, B, 1.0, 0.0, surrogate.SuperSpike(SLOPE))
    hidden.detach_reset = True
    if task.recurrent:
        # Its recurrent layer has a matrix for the input too, here the identity.
        hidden = layer.LinearRecurrentContainer(hidden, task.hidden, task.hidden, bias=False)
        hidden.rc.weight.data = torch.cat([torch.eye(task.hidden), torch.tensor(task.initial[2].T * (1 - B))], 1)
    layers = torch.nn.ModuleList([linear(task.initial[0], 1 - B), hidden, linear(task.initial[1])])

    def loss_of():
        functional.reset_net(hidden)
        spikes = torch.stack([hidden(drive) for drive in layers[0](task.x).unbind(0)])
        return task.loss(scan(leaky, layers[2](spikes), 2))  # it has no leaky readout with a synapse

    return stepper(layers.parameters(), loss_of)


def jax_scan(task):
    import jax
    import jax.numpy as jnp

    x, labels = jnp.array(task.x.numpy()), jnp.array(task.labels.numpy())

    @jax.custom_vjp
    def fire(x):
        return (x > 0).astype(x.dtype)

    fire.defvjp(lambda x: (fire(x), x), lambda x, grad: (grad / (1 + SLOPE * jnp.abs(x)) ** 2,))

    def loss_of(weights):
        def readout(carry, drive):
            current = A * carry[0] + drive
            v = B * carry[1] + (1 - B) * current
            return (current, v), v

        def hidden(carry, drive):
            current, v, s = carry
            (current, v), _ = readout((current, v), drive + s @ weights[2] if task.recurrent else drive)
            s = fire(v - 1)
            return (current, v * (1 - jax.lax.stop_gradient(s)), s), s

        _, spikes = jax.lax.scan(hidden, (jnp.zeros((task.batch, task.hidden)),) * 3, x @ weights[0])
        _, out = jax.lax.scan(readout, (jnp.zeros((task.batch, task.readout)),) * 2, spikes @ weights[1])
        score = out.mean(0) if task.recurrent else out.max(0)
        return -jnp.take_along_axis(jax.nn.log_softmax(score), labels[:, None], 1).mean()

    @partial(jax.jit, donate_argnums=0)
    def train(state):
        weights, m, v, n = state
        loss, grads = jax.value_and_grad(loss_of)(weights)
        n = n + 1
        m = [BETA1 * m + (1 - BETA1) * g for m, g in zip(m, grads)]
        v = [BETA2 * v + (1 - BETA2) * g * g for v, g in zip(v, grads)]
        rate = RATE / (1 - BETA1**n)
        weights = [p - rate * m / (jnp.sqrt(v / (1 - BETA2**n)) + EPS) for p, m, v in zip(weights, m, v)]
        return (weights, m, v, n), loss

    weights = [jnp.array(weight) for weight in task.initial]
    state = (weights, [0 * weight for weight in weights], [0 * weight for weight in weights], jnp.array(0))

    def step():
        nonlocal state
        state, loss = train(state)
        return jax.block_until_ready(loss)

    return step


PEERS = {
    "PyTorch loop": torch_loop,
    "PyTorch compiled": torch_compiled,
    "PyTorch expert": Expert,
    "JAX scan": jax_scan,
    "Norse": norse,
    "snnTorch": snntorch,
    "SpikingJelly": spikingjelly,
}
