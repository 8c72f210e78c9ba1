"""How the runs of one Dify app are to be read: what its type and its owner's settings come to.

Knows no event; `dify_events` reads by it.
"""

import msgspec


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """How one app's runs are to be read."""

    #: Whether the app is a Workflow: its answer stands in the outputs of the run's end.
    is_workflow: bool = False
    #: Whether the app has conversations; an id without them would say nothing.
    has_conversations: bool = True
    #: The output that is a Workflow's answer; None where nobody named one.
    output_key: str | None = None
    #: What stands before the address of a file that names no host.
    files_url: str = ""
    gives_sources: bool = False
