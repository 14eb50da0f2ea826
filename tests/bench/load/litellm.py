"""LiteLLM's proxy as a peer, in an environment of its own that `make bench-peers` installs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import requests

from tests.bench.load.loads import GROUPS
from tests.bench.load.targets import Provider, Target
from tests.support import children, wait
from tests.support.live import free_port

REQUIREMENT = "litellm[proxy]==1.108.7"
KEY = "sk-peer"


class LiteLLM(Target):
    """The proxy with one worker process and without a database, which is its fastest way to run."""

    door = "completions"

    def __init__(self, folder: Path, environment: Path, provider: Provider) -> None:
        folder.mkdir()
        port, self.log = free_port(), folder / "litellm.log"
        config = folder / "config.yaml"
        config.write_text(_config(provider))
        self._process = children.start(
            [str(environment / "bin" / "litellm"), "--config", str(config), "--port", str(port), "--host", "127.0.0.1"],
            log=self.log,
            directory=folder,
            environment={
                "HOME": str(folder),
                "PATH": os.environ["PATH"],
                "LITELLM_LOG": "ERROR",
                "LITELLM_LOCAL_MODEL_COST_MAP": "True",
            },
        )
        base_url = f"http://127.0.0.1:{port}"
        wait.until(lambda: _responds(f"{base_url}/health/liveliness"), "LiteLLM does not start", seconds=120)
        super().__init__("LiteLLM", base_url, [KEY], {"litellm": self._process.pid})

    def stop(self) -> None:
        children.end(self._process)


def install(environment: Path) -> None:
    """Install the proxy, unless that was done before."""
    if not (environment / "bin" / "litellm").exists():
        subprocess.run([sys.executable, "-m", "venv", environment], check=True)
        subprocess.run([environment / "bin" / "pip", "install", "--quiet", REQUIREMENT], check=True)


def _responds(url: str) -> bool:
    try:
        return requests.get(url, timeout=5).ok
    except requests.RequestException:
        return False


def _config(provider: Provider) -> str:
    models = "".join(
        f"  - model_name: {model}\n"
        f"    litellm_params: {{model: openai/{model}, api_base: '{provider.url}/v1', api_key: stand-in}}\n"
        for model in dict.fromkeys(load.model for group in GROUPS for load in group)
    )
    return f"model_list:\n{models}general_settings: {{master_key: {KEY}}}\n"
