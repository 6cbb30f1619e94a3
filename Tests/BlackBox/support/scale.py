"""How much the tests do that are worth doing more often than every run can wait for: Tests/endurance sets more."""

import os


def scale(name: str, ordinary: int) -> int:
    return int(os.environ.get(f"ENDURANCE_{name}", ordinary))


def figures(text: str) -> None:
    """Said where Tests/endurance shows it; pytest keeps it to itself otherwise."""
    print(f"\n    {text}", flush=True)
