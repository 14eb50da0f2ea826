"""Stand-in vendors: one local HTTP server that speaks every provider's real byte format.

    with StandIn() as vendors:                                   # a thread with its own loop, on a free loopback port
        vendors.base_url("anthropic")                            # as that vendor's own SDK means it
        vendors.scripts["claude-x"] = Script(text="Hi", total=1.0, end="cut", at=3)
        ...
        request = vendors.wait_for_request(model="claude-x")     # or: await vendors.request(model="claude-x")
        request.body, request.headers, request.sent              # sent: time.monotonic() of each chunk
        await request.disconnected()                             # waits until the client has disconnected
        vendors.listed[-1]                                       # the headers of the last call for a list of models

A model id may spell its script out, ``any-name@total=1,end=cut,at=5``, which also works in another process:
``python -m tests.fake_providers --port 9000`` serves the same; there ``PUT /_scripts/<model>`` (JSON of Script's
fields) sets a script and ``GET /_requests`` returns what was recorded. A key that contains ``refused`` gets the
vendor's 401.
"""

from tests.fake_providers.recorder import Recorded
from tests.fake_providers.scripts import Script
from tests.fake_providers.server import StandIn

__all__ = ["Recorded", "Script", "StandIn"]
