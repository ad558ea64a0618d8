"""The parts of speed.py. None of them imports PyTorch: see contest/process.py."""
