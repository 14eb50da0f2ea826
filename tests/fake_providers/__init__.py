"""Stand-in vendors: one local HTTP server that sends the real bytes of every provider's wire format.

    with StandIn() as vendors:                                   # a thread with its own loop, on a free loopback port
        vendors.base_url("anthropic")                            # with the meaning that it has for the vendor's SDK
        vendors.scripts["claude-x"] = Script(text="Hi", total=1.0, end="cut", at=3)
        ...
        request = vendors.wait_for_request(model="claude-x")     # or: await vendors.request(model="claude-x")
        request.body, request.headers, request.sent              # sent: time.monotonic() of each chunk
        await request.disconnected()                             # waits until the client has disconnected
        vendors.listed[-1]                                       # the headers of the last call for a list of models

A model id may contain its script, as in ``any-name@total=1,end=cut,at=5``. That also works for a stand-in in another
process, ``python -m tests.fake_providers --port 9000``. There ``PUT /_scripts/<model>`` sets a script (JSON with fields
of Script), and ``GET /_requests`` returns the recorded requests. A key that contains ``refused`` gets the vendor's 401.
"""

from tests.fake_providers.recorder import Recorded
from tests.fake_providers.scripts import Script
from tests.fake_providers.server import StandIn

__all__ = ["Recorded", "Script", "StandIn"]
