"""The same layers, models and trainings in plain PyTorch, under Norma's names."""
