"""What is learned: data, differentiable layers, training, evaluation, baselines."""
