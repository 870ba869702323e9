"""Differentiable circuit layers, the trainer, and PyTorch's hard mode of a model."""
