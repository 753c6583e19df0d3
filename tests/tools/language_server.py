"""Open YAML files in the real yaml-language-server and print what an editor would show: diagnostics, and completions.

Not part of the bot or its tests: needs node, and `npm install yaml-language-server` somewhere.

    python tests/tools/language_server.py node_modules/.bin/yaml-language-server FILE.yaml [LINE:COLUMN]

With LINE:COLUMN (from 1) it asks for completions there. The files carry their schema in their first line.
"""

import json
import subprocess
import sys
import time
from pathlib import Path
from threading import Thread


class Server:
    """A language server over stdin and stdout; answers and notices are kept as they come."""

    def __init__(self, program: str) -> None:
        self.process = subprocess.Popen([program, "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.heard: list[dict] = []
        Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        out = self.process.stdout
        while line := out.readline():
            size = int(line.split(b":")[1]) if line.lower().startswith(b"content-length") else None
            if size is None:
                continue
            while out.readline().strip():
                pass
            message = json.loads(out.read(size))
            self.heard.append(message)
            if "id" in message and "method" in message:  # it asks for settings: there are none
                asked = message.get("params", {}).get("items", [])
                self.say({"id": message["id"], "result": [{"validate": True, "completion": True} for _ in asked] or None})

    def say(self, message: dict) -> None:
        data = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(data) + data)
        self.process.stdin.flush()

    def wait(self, fits, seconds: float = 20.0) -> dict | None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for message in self.heard:
                if fits(message):
                    return message
            time.sleep(0.05)
        return None


def main(program: str, file: str, place: str = "") -> None:
    path = Path(file).resolve()
    server = Server(program)
    server.say({"id": 1, "method": "initialize", "params": {"processId": None, "rootUri": None, "capabilities": {}}})
    server.wait(lambda m: m.get("id") == 1)
    server.say({"method": "initialized", "params": {}})
    document = {"uri": path.as_uri(), "languageId": "yaml", "version": 1, "text": path.read_text(encoding="utf-8")}
    server.say({"method": "textDocument/didOpen", "params": {"textDocument": document}})
    told = server.wait(lambda m: m.get("method") == "textDocument/publishDiagnostics")
    found = told["params"]["diagnostics"] if told else None
    print(f"{path.name}: {len(found) if found is not None else 'no word of its'} problem(s)")
    for d in found or []:
        start = d["range"]["start"]
        print(f"  {start['line'] + 1}:{start['character'] + 1}: {d['message']}")
    if place:
        line, column = (int(n) - 1 for n in place.split(":"))
        at = {"textDocument": {"uri": path.as_uri()}, "position": {"line": line, "character": column}}
        server.say({"id": 2, "method": "textDocument/completion", "params": at})
        answer = server.wait(lambda m: m.get("id") == 2 and "result" in m)
        items = (answer or {}).get("result") or []
        items = items.get("items", []) if isinstance(items, dict) else items
        print(f"  completions at {place}: {', '.join(i['label'] for i in items) or 'none'}")
    server.process.kill()


if __name__ == "__main__":
    main(*sys.argv[1:])
