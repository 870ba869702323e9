"""The words of the page about encoders that no figure changes."""

INTRODUCTION = """\
# Encoders: from numbers to bits that gradients pass

Written by `python -m scripts.render_encoders` from `docs/records/encoders.json`; nobody typed a figure.

Gates read bits, and a step from a number to bits has no useful derivative. So layers of gates could follow a layer of
numbers that learns only if something else carries the gradient; a [report of 2024](https://ijc8.me/2024/08/26/gsoc-difflogic/) on gate
networks for audio left that open. This page compares the answers on two tasks of this project."""

KNOWN = """\
## What is known

A thermometer bit is an activation of one bit, and training through it is quantisation-aware training. What is published:

* *Straight-through estimators* (Bengio and others, 2013; for logic later ReSTE and AdaSTE): hard forward, a smooth slope backward.
* *Thermometers with thresholds from the data*: torch_dwn sets them before training; nothing flows to what stands before.
* *Learned thresholds*: the Generic Learned Thermometer (arXiv 2505.13462), and torchlogix, whose thresholds are ordered by
  sums of positive steps, with soft, hard and Gumbel forward passes. A version of torchlogix summed them one way in
  training and another way in evaluation; here both take one function, and a test compares the bits.
* *Soft quantisers that harden* (DSQ; GDNSQ, arXiv 2508.14004) and *noise* (Gumbel-softmax), which closes most of the gap on the
  side of the gates ("Mind the Gap").
* *Positional bits*: nothing good was found in print. Bit k is a square wave over the number, so only the highest has a slope
  that points one way. Gray's code by folding, `w <- 1 - 2 |w|`, is at least piecewise linear.

A toy made before this study and not kept here (a label that hangs on two hidden mixtures of its inputs) had found every encoder with a gradient far above a
frozen layer and above gates on the raw inputs, and none separable from the others. Does that hold on sound?"""

LIMITS = """\
## Limits

* Few seeds, and intervals over seeds only: they say how training varies, not how another set of test clips would. The drum set is
  small; [drum results](drums-results.md) give the interval over clips, which is wider than most differences here.
* There are many differences in the tables and none of the intervals is corrected for that: of twenty that are nothing, one will
  look like something.
* One size of network, short training, one linear layer behind engineered features. Nothing here says how encoders rank
  behind a deep float network, or on raw samples.
* Positional and Gray codes have fewer bits than the thermometers in the main tables, and no parameters that learn.
* Training clips are augmented, and on onsets harder than the test clips, so the gap between them is to be compared between encoders only.
* On the features, positional bits have nothing before them that could learn: their slopes do not matter there.
* Onsets try fewer setups than drums, and were tuned with one seed.
* No network of this study ships. Costs of the linear layer are counted additions, neither emulated nor measured."""

REPEAT = """\
## Repeat it

After `zoo data build onset` and `zoo data build drums`:

    python -m scripts.study_encoders
    python -m scripts.render_encoders

The study goes on where it was stopped; a trial takes seconds."""
