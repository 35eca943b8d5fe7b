"""Forward-Forward in PyTorch as tutorials write it, which is what most people run: snnTorch's Leaky (or, where it is
not installed, the same operations), the product and the normalisation in every pass, positives and negatives one
after the other, a loop over labels to predict.
"""
import math

import torch
import torch.nn.functional as F

try:
    import snntorch
    from snntorch import surrogate
except ImportError:
    snntorch = None


class ATan(torch.autograd.Function):
    """snnTorch's default surrogate: a spike above 0, alpha/2/(1 + (pi/2 alpha x)^2) backwards, alpha = 2."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return (x > 0).float()

    @staticmethod
    def backward(ctx, gradient):
        (x,) = ctx.saved_tensors
        return gradient / (1 + (math.pi * x).pow(2))


class PlainLeaky:
    """The operations of snnTorch's Leaky with its defaults."""

    def __init__(self, beta, threshold):
        self.beta, self.threshold = beta, threshold

    def init_leaky(self):
        return torch.zeros(1)

    def __call__(self, current, membrane):
        reset = ATan.apply(membrane - self.threshold).detach()
        membrane = self.beta * membrane + current - reset * self.threshold
        return ATan.apply(membrane - self.threshold), membrane


def leaky(beta, threshold):
    if snntorch is None:
        return PlainLeaky(beta, threshold)
    return snntorch.Leaky(beta=beta, threshold=threshold, spike_grad=surrogate.atan(alpha=2.0))


class Layer(torch.nn.Module):
    """A population: x [sample, input], or spikes [step, sample, input] -> its answer [sample, unit]."""

    def __init__(self, weight, bias=None, neuron="relu", steps=1, beta=0.9, threshold=1.0, measure="rate", norm=None):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.as_tensor(weight).clone())
        self.bias = None if bias is None else torch.nn.Parameter(torch.as_tensor(bias).clone())
        self.neuron = None if neuron == "relu" else leaky(beta, threshold)
        self.steps, self.measure, self.norm = steps, measure, norm

    def forward(self, x):
        if self.norm is not None:
            x = x * self.norm(x)
        if self.neuron is None:
            return F.relu(F.linear(x, self.weight, self.bias))
        membrane, count = self.neuron.init_leaky(), 0.0
        for step in range(self.steps):
            current = F.linear(x[step] if x.dim() == 3 else x, self.weight, self.bias)
            spikes, membrane = self.neuron(current, membrane)
            count = count + spikes
        return membrane if self.measure == "membrane" else count / self.steps


class Learner:
    """A layer with its loss and its optimiser; has what torch_populations.Learner has."""

    def __init__(self, layer, loss, rate):
        self.layer, self.loss = layer, loss
        self.parameters = list(layer.parameters())
        self.optimizer = torch.optim.Adam(self.parameters, lr=rate)

    def update(self, pair):
        """One update on (positives, negatives); returns the loss and both answers before it."""
        answers = [self.layer(x) for x in pair]
        loss = self.loss(torch.cat([answer.pow(2).mean(1) for answer in answers]))
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss.detach(), [answer.detach() for answer in answers]


@torch.no_grad()
def goodness_of_labels(layers, images, with_labels):
    """Goodness [sample, label] summed over the layers: every label written into all images, one after the other."""
    goodness = []
    for label in range(10):
        h = with_labels(images, torch.full((len(images),), label))
        total = 0.0
        for layer in layers:
            h = layer(h)
            total = total + h.pow(2).mean(1)
        goodness.append(total)
    return torch.stack(goodness, dim=1)
