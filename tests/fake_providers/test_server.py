import json
import signal
import subprocess
import sys
import urllib.request

import requests

from providers.adapters.http import HttpClients
from tests.fake_providers import Script, StandIn
from tests.providers.adapters.calls import read_stream, request_of, target_of


def test_it_reads_a_script_from_a_model_id() -> None:
    script = Script.from_model("any-name@total=1.5,end=cut,at=3,refuses=temperature+seed,pings=true,split=7")

    assert script == Script(total=1.5, end="cut", at=3, refuses=("temperature", "seed"), pings=True, split=7)
    assert Script.from_model("gpt-4o") is None


async def test_it_records_when_each_chunk_was_sent() -> None:
    with StandIn() as vendors:
        async with await HttpClients.open(connect_timeout=5) as clients:
            result = await read_stream(
                clients, "openai", target_of(vendors, "openai"), request_of("x@text=abcdefgh,total=0.02")
            )

        recorded = await vendors.request(model="x@text=abcdefgh,total=0.02")
        await recorded.over()

    assert result.text == "abcdefgh"
    assert len(recorded.sent) == 2
    assert recorded.began <= recorded.sent[0] < recorded.sent[1] <= (recorded.ended or 0)
    assert recorded.hung_up is None


async def test_it_sends_a_body_so_many_times_or_until_the_client_disconnects() -> None:
    with StandIn() as vendors, requests.Session() as client:
        vendors.scripts["twice"] = Script(body="data: a\n\n", times=2)
        vendors.scripts["endless"] = Script(body="data: a\n\n", times=0)
        url = f"{vendors.base_url('openai')}/chat/completions"

        twice = client.post(url, json={"model": "twice"})
        with client.post(url, json={"model": "endless"}, stream=True) as endless:
            received = len(endless.raw.read(100_000))
        recorded = await vendors.request(model="endless")
        await recorded.disconnected()

    assert twice.text == "data: a\n\n" * 2
    assert received == 100_000


async def test_it_serves_from_a_process_of_its_own() -> None:
    command = [sys.executable, "-m", "tests.fake_providers"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        vendors = StandIn(port=int(process.stdout.readline().rpartition(":")[2]))
        script = json.dumps({"text": "from afar"}).encode()
        urllib.request.urlopen(urllib.request.Request(f"{vendors.url}/_scripts/m", script, method="PUT"))

        async with await HttpClients.open(connect_timeout=5) as clients:
            result = await read_stream(clients, "anthropic", target_of(vendors, "anthropic"), request_of("m"))

        recorded = json.load(urllib.request.urlopen(f"{vendors.url}/_requests"))
        process.send_signal(signal.SIGTERM)

    assert result.text == "from afar"
    assert [request["vendor"] for request in recorded] == ["anthropic"]
    assert process.returncode == 0
