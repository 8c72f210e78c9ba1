"""The life of a turn as a Mermaid diagram, from the table itself."""

from yingda.turn.lifecycle import TRANSITIONS, State


def mermaid() -> str:
    """A state diagram: every state, and everything that may happen to it."""
    lines = ["stateDiagram-v2", f"    [*] --> {State.QUEUED.value}"]
    for state, happenings in TRANSITIONS.items():
        lines += [
            f"    {state.value} --> {target.value}: {happening.value}"
            for happening, target in happenings.items()
        ]
        if not happenings:
            lines.append(f"    {state.value} --> [*]")
    return "\n".join(lines)
