"""What runs now, and how long the rest will take."""

import sys
import time


class Progress:
    """Counts guessed seconds; how wrong the guesses were so far says how wrong the rest is."""

    def __init__(self, guess):
        self.left, self.done, self.started = guess, 0.0, time.monotonic()

    def __call__(self, text, guess):
        """About to do this, which `guess` seconds of the whole were for."""
        passed = time.monotonic() - self.started
        pace = max(1.0, passed / self.done) if self.done else 1.0
        left = max(0, round(pace * self.left))
        print(f"{left // 60:3}:{left % 60:02} left   {text}", file=sys.stderr, flush=True)
        self.forgo(guess)
        self.done += guess

    def forgo(self, guess):
        self.left -= guess
