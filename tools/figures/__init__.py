"""The figures of run files, each in a module of its own. What a figure shows is gathered here once, as the parts of
parts.py; tools/plot draws those with matplotlib, tools/report with plotly. A new figure is a module and its place in
FIGURES."""
from . import (classes, confusion, error, fields, goodness, loss, masks, membrane, mistakes, raster, rates, samples,
               separation)

# In the order of a report. Each module has NAME and gather(runs, choice), which gives a Figure, or None where no
# model among the runs can have it.
FIGURES = (error, loss, goodness, separation, classes, membrane, raster, rates, confusion, mistakes, samples, masks,
           fields)


def names():
    return [module.NAME for module in FIGURES]


def gather(name, runs, choice):
    return next(module for module in FIGURES if module.NAME == name).gather(runs, choice)
