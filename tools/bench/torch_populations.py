"""Populations in PyTorch, as quick as its operators allow: what snnff is compared with.

The dynamics are those of snnTorch's Leaky with its defaults (the reset subtracts the threshold and lands one step
after the spike, arctangent surrogate with alpha 2), from rest. Leaky itself is one of the ways where snnTorch is
installed; it does more per step than the recurrence needs.
"""
import ctypes
import math
import re
import warnings
from pathlib import Path

import torch
import torch.nn.functional as F

try:
    import snntorch
    from snntorch import surrogate
except ImportError:
    snntorch = None


def use_threads(n):
    """Limits PyTorch's own threads, and OpenBLAS's where products are OpenBLAS's."""
    torch.set_num_threads(n)
    for library in openblas_libraries():
        library.openblas_set_num_threads(n)


def openblas_libraries():
    if not hasattr(openblas_libraries, "loaded"):
        maps = Path("/proc/self/maps")
        text = maps.read_text() if maps.exists() else ""
        paths = set(re.findall(r"\S+/libopenblas\S*\.so\S*", text))
        libraries = [ctypes.CDLL(path) for path in sorted(paths)]
        openblas_libraries.loaded = [each for each in libraries if hasattr(each, "openblas_set_num_threads")]
    return openblas_libraries.loaded


def description():
    return f"PyTorch {torch.__version__}, " + (f"snnTorch {snntorch.__version__}" if snntorch else "plain PyTorch")


def prepare():
    # Threads take the setting over from the one that starts them: before any product.
    torch.set_flush_denormal(True)
    warnings.filterwarnings("ignore", message="The value of the smallest subnormal")  # numpy is astonished by it


class Spike(torch.autograd.Function):
    """1 above the threshold; backwards the slope of atan(pi z)/pi, which is snnTorch's atan with alpha 2."""

    @staticmethod
    def forward(ctx, membrane, threshold):
        ctx.save_for_backward(membrane)
        ctx.threshold = threshold
        return (membrane > threshold).to(membrane.dtype)

    @staticmethod
    def backward(ctx, gradient):
        (membrane,) = ctx.saved_tensors
        z = membrane - ctx.threshold
        return z.mul_(math.pi).square_().add_(1.0).reciprocal_().mul_(gradient), None


def by_step(currents, steps):
    """Currents that are constant [sample, unit], or given by step [step, sample, unit], as a list. Taken apart at
    once: backwards, an index per step would add up as many blocks of the size of the whole."""
    return [currents] * steps if currents.dim() == 2 else currents.unbind(0)


def lif_eager(currents, steps: int, beta: float, measure: str, threshold: float):
    """The firing rate [sample, unit], or the membrane after the last step."""
    membrane, *others = by_step(currents, steps)
    spike = Spike.apply(membrane, threshold)
    total = spike
    for current in others:
        membrane = torch.sub(torch.add(current, membrane, alpha=beta), spike.detach(), alpha=threshold)
        if measure == "membrane":
            spike = (membrane > threshold).to(membrane.dtype)
        else:
            spike = Spike.apply(membrane, threshold)
            total = total + spike
    return membrane if measure == "membrane" else total * (1.0 / steps)


@torch.jit.script
def lif_script(currents: torch.Tensor, steps: int, beta: float, measure: str, threshold: float):
    """As lif_eager; functions of one's own with a slope of their own are not for TorchScript, so that a spike
    is the step minus the smooth curve without slope, plus the curve."""
    constant = currents.dim() == 2
    at = [currents] if constant else currents.unbind(0)
    membrane = at[0]
    spike = torch.zeros_like(membrane)
    total = torch.zeros_like(membrane)
    for step in range(steps):
        if step > 0:
            charged = torch.add(at[0] if constant else at[step], membrane, alpha=beta)
            membrane = torch.sub(charged, spike.detach(), alpha=threshold)
        spike = (membrane > threshold).to(membrane.dtype)
        if measure != "membrane":
            smooth = torch.atan((membrane - threshold) * 3.141592653589793) * 0.3183098861837907
            total = total + ((spike - smooth).detach() + smooth)
    return membrane if measure == "membrane" else total * (1.0 / steps)


def lif_snntorch(currents, steps: int, beta: float, measure: str, threshold: float):
    neuron = snntorch.Leaky(beta=beta, threshold=threshold, spike_grad=surrogate.atan(alpha=2.0))
    membrane = neuron.init_leaky()
    total = 0.0
    for current in by_step(currents, steps):
        spike, membrane = neuron(current, membrane)
        total = total + spike
    return membrane if measure == "membrane" else total * (1.0 / steps)


@torch.no_grad()
def lif_rate_in_place(current, steps, beta):
    """The firing rate under a constant current where nobody asks for slopes: no memory is taken in a step."""
    membrane = current.clone()
    spike = (membrane > 1.0).to(membrane.dtype)
    total = spike.clone()
    for _ in range(1, steps):
        membrane.mul_(beta).add_(current).sub_(spike)
        torch.gt(membrane, 1.0, out=spike)
        total.add_(spike)
    return total.mul_(1.0 / steps)


def responses(neuron, steps, beta=0.9, measure="rate", threshold=1.0):
    """Ways to answer currents, by name."""
    if neuron == "relu":
        return {"eager": F.relu}
    ways = {"eager": lambda currents: lif_eager(currents, steps, beta, measure, threshold),
            "script": lambda currents: lif_script(currents, steps, beta, measure, threshold)}
    if snntorch:
        ways["snnTorch"] = lambda currents: lif_snntorch(currents, steps, beta, measure, threshold)
    return ways


def l2_gain(x):
    return 1.0 / (x.norm(dim=-1, keepdim=True) + 1e-4)


def rms_gain(x):
    return 1.0 / (x.square().mean(dim=-1, keepdim=True).sqrt() + 1e-6)


def with_labels(images, labels, value=1.0):
    """The images with labels written into the first ten inputs."""
    x = images.clone()
    x[:, :10] = 0.0
    x[torch.arange(len(x)), labels.long()] = value
    return x


def softplus_loss(theta):
    """Goodness [2n], positives first -> mean over both of log(1 + exp(theta - G)), log(1 + exp(G - theta))."""
    def loss(goodness):
        n = len(goodness) // 2
        return F.softplus(torch.cat((theta - goodness[:n], goodness[n:] - theta))).mean()
    return loss


def swish_loss(alpha):
    """Goodness [2n], positives first -> mean over pairs of x sigmoid(x), x = -alpha (G+ - G-)."""
    def loss(goodness):
        n = len(goodness) // 2
        return F.silu(alpha * (goodness[n:] - goodness[:n])).mean()
    return loss


class SparseProduct(torch.autograd.Function):
    """weight -> spikes weight^T for spikes kept as a sparse matrix and its transpose."""

    @staticmethod
    def forward(ctx, weight, spikes, transposed):
        ctx.transposed = transposed
        return torch.sparse.mm(spikes, weight.t())

    @staticmethod
    def backward(ctx, gradient):
        return torch.sparse.mm(ctx.transposed, gradient).t(), None, None


class DenseInput:
    """Inputs [sample, input] or [step, sample, input]; all currents are one product."""

    def __init__(self, x):
        self.x = x

    def currents(self, weight, bias=None):
        return F.linear(self.x, weight, bias)


class SparseInput:
    """Spikes [step, sample, input] of which few are not 0."""

    def __init__(self, x):
        self.shape = x.shape
        flat = x.reshape(-1, x.shape[-1])
        self.spikes = flat.to_sparse().coalesce()
        self.transposed = flat.t().to_sparse().coalesce()

    def currents(self, weight, bias=None):
        currents = SparseProduct.apply(weight, self.spikes, self.transposed)
        return currents.reshape(*self.shape[:-1], -1)


class Learner:
    """A population with its loss and its optimiser."""

    def __init__(self, parameters, respond, loss, rate, optimizer):
        self.parameters = [torch.nn.Parameter(torch.from_numpy(values.copy())) for values in parameters]
        self.respond, self.loss = respond, loss
        self.optimizer = torch.optim.Adam(self.parameters, lr=rate, betas=(0.9, 0.999), eps=1e-8, **optimizer)

    def update(self, presented):
        """One update on positives and negatives, positives first; returns the loss and the response before it."""
        response = self.respond(presented.currents(*self.parameters))
        loss = self.loss(response.square().mean(dim=1))
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()
        return loss.detach(), response.detach()


def optimizers():
    """Variants of Adam that this PyTorch has, by name: one loop per parameter, lists of them, one fused loop."""
    usable = {}
    for name, options in {"adam": {}, "foreach": {"foreach": True}, "fused": {"fused": True}}.items():
        try:
            learner = Learner([torch.ones(2, 2).numpy()], F.relu, torch.mean, 0.1, options)
            learner.update(DenseInput(torch.ones(2, 2)))
        except (TypeError, RuntimeError):
            continue
        usable[name] = options
    return usable
