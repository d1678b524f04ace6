"""For the scripts that tests start: tasks from stdin, each done by a child, which may be killed."""

import json
import os
import sys
from collections.abc import Callable

OPERATIONS = {
    *("open", "os.rename", "os.mkdir", "os.rmdir", "os.remove", "os.chmod", "os.link"),
    *("shutil.rmtree", "fcntl.flock"),
}
"""Python's names (audit events) of what a change does to files."""


def say(what: object) -> None:
    """Write what is said in one piece, or not at all."""
    os.write(1, f"{json.dumps(what)}\n".encode())


def in_children(work: Callable[..., object]) -> None:
    """Do tasks, each in a child of its own, for starting takes longer than changing."""
    for line in sys.stdin:
        child = os.fork()
        if not child:
            work(*json.loads(line))
            os._exit(0)
        say({"ended": os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])})


def crashing(change: Callable[..., object]) -> None:
    """Make changes in children; each says how many operations it did, or ends at one of them."""

    def work(operation: int, *given: object) -> None:
        done = 0

        def watch(event: str, _: object) -> None:
            nonlocal done
            done += event in OPERATIONS
            if event in OPERATIONS and done == operation:
                os._exit(137)  # as a kill would: nothing is flushed, nothing cleaned up

        sys.addaudithook(watch)
        change(*given)
        say(done)

    in_children(work)
